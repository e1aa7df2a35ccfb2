"""Makes a tiny pipeline of random numbers in a folder; run by a Python that has torch and diffusers."""

import json
import sys
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

WIDTH, NORMS = (4, 8), 2
MARKS = [chr(code) for code in range(33, 127)]


def main(folder: Path) -> None:
    """A Stable Diffusion of 64 x 64 pixels; its reader knows single letters."""
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    words = ["<|startoftext|>", "<|endoftext|>", *MARKS, *(f"{mark}</w>" for mark in MARKS)]
    (folder / "words.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "joins.txt").write_text("#version: 0.2\n")
    text = CLIPTextConfig(
        hidden_size=32,
        intermediate_size=37,
        num_attention_heads=4,
        num_hidden_layers=2,
        vocab_size=len(words),
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    network = UNet2DConditionModel(
        block_out_channels=WIDTH,
        layers_per_block=1,
        sample_size=32,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=32,
        norm_num_groups=NORMS,
    )
    pixels = AutoencoderKL(
        block_out_channels=WIDTH,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        norm_num_groups=NORMS,
    )
    pipeline = StableDiffusionPipeline(
        vae=pixels,
        text_encoder=CLIPTextModel(text),
        tokenizer=CLIPTokenizer(str(folder / "words.json"), str(folder / "joins.txt"), model_max_length=77),
        unet=network,
        scheduler=DDIMScheduler(clip_sample=False, steps_offset=1),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder / "pipeline")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
