// The Vercel AI SDK against Limner, by its provider for OpenAI and by the one for compatible services; says what it got.
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage } from "ai";

const baseURL = `${process.env.CLIENT_URL}/v1`;
const apiKey = process.env.CLIENT_KEY;
const openai = createOpenAI({ baseURL, apiKey });
const compatible = createOpenAICompatible({ name: "limner", baseURL, apiKey });
const shape = { n: 2, size: "64x64" };

async function refusal(asked) {
  try {
    await asked();
    return null;
  } catch (error) {
    const { statusCode, isRetryable, message } = error;
    return { kind: error.name, statusCode, isRetryable, message };
  }
}

async function toldBy(named) {
  const painted = await generateImage({ model: named("sketch"), prompt: "a lighthouse", ...shape });
  const edited = await generateImage({
    model: named("sketch"),
    prompt: { text: "more snow", images: [painted.images[0].uint8Array] },
  });
  const quiet = { maxRetries: 0 };
  return {
    painted: painted.images.map((picture) => picture.base64),
    kinds: painted.images.map((picture) => picture.mediaType),
    edited: edited.images.map((picture) => picture.base64),
    unknown: await refusal(() => generateImage({ model: named("no-such-model"), prompt: "a lake", ...quiet })),
    empty: await refusal(() => generateImage({ model: named("sketch"), prompt: " ", ...quiet })),
  };
}

const paid = { size: "1024x1024", providerOptions: { openai: { quality: "low" } }, maxRetries: 2 };
const bought = await generateImage({ model: openai.image("gpt-image-2"), prompt: "a harbour, by the AI SDK", ...paid });

console.log(
  JSON.stringify({
    openai: await toldBy((name) => openai.image(name)),
    compatible: await toldBy((name) => compatible.imageModel(name)),
    bought: bought.images.map((picture) => picture.base64),
    lost: await refusal(() =>
      generateImage({ model: openai.image("gpt-image-2"), prompt: "a lost harbour, by the AI SDK", ...paid }),
    ),
  }),
);
