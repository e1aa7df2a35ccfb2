// OpenAI's own client for Node against Limner; says what it got, as JSON on standard output.
import OpenAI, { toFile } from "openai";

const client = new OpenAI({ apiKey: process.env.CLIENT_KEY, baseURL: `${process.env.CLIENT_URL}/v1`, maxRetries: 2 });
const paid = { model: "gpt-image-2", size: "1024x1024", quality: "low" };

async function refusal(asked) {
  try {
    await asked();
    return null;
  } catch (error) {
    const { status, code, param, type, requestID } = error;
    return { kind: error.constructor.name, status, code, param, type, named: Boolean(requestID) };
  }
}

const listed = await client.models.list();
const shown = await client.models.retrieve("sketch");
const painted = await client.images.generate({ model: "sketch", prompt: "a lighthouse", n: 2, size: "64x64" });
const addressed = await client.images.generate({
  model: "sketch",
  prompt: "a pier",
  size: "64x64",
  response_format: "url",
});
const source = await toFile(Buffer.from(painted.data[0].b64_json, "base64"), "in.png", { type: "image/png" });
const edited = await client.images.edit({ model: "sketch", image: source, prompt: "more snow" });
const events = [];
for await (const event of await client.images.generate({
  ...paid,
  prompt: "a slow harbour, by Node",
  stream: true,
  partial_images: 2,
})) {
  events.push({ type: event.type, picture: event.b64_json });
}

console.log(
  JSON.stringify({
    models: listed.data.map((model) => model.id),
    shown: shown.id,
    painted: painted.data.map((picture) => picture.b64_json),
    fetched: Buffer.from(await (await fetch(addressed.data[0].url)).arrayBuffer()).toString("base64"),
    edited: edited.data.map((picture) => picture.b64_json),
    events,
    unknown: await refusal(() => client.images.generate({ model: "no-such-model", prompt: "a lake" })),
    empty: await refusal(() => client.images.generate({ model: "sketch", prompt: " " })),
    size: await refusal(() => client.images.generate({ model: "sketch", prompt: "a lake", size: "huge" })),
    broken: await refusal(async () =>
      client.images.edit({ model: "sketch", image: await toFile(Buffer.from("a letter"), "a.png"), prompt: "snow" }),
    ),
    lost: await refusal(() => client.images.generate({ ...paid, prompt: "a lost harbour, by Node" })),
  }),
);
