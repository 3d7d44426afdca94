// Colours to paint with: a palette, recent ones, those of a reference picture, and picked ones.

import { ask } from "./api.js";

const PALETTE = ["#f4c9a8", "#e8a079", "#6b3e2a", "#2c2a33", "#e2493b", "#f08a2c", "#f6d04d", "#5aa469", "#2e7d8c", "#3b6fd1", "#7a52c7", "#e58fb8", "#9aa3ad", "#ffffff"];
const NUM_RECENT = 8;

export class Paints {
  constructor({ easel, onChoice, color, swatches, recent, borrowed }) {
    Object.assign(this, { easel, onChoice, input: color, places: { swatches, recent, borrowed }, recent: [], answer: null });
    this.#show(swatches, PALETTE);
    color.addEventListener("input", () => this.choose(color.value));
    easel.color = color.value;
  }

  choose(color) {
    this.easel.color = this.input.value = color;
    this.onChoice();
    for (const place of Object.values(this.places)) {
      for (const button of place.children) button.setAttribute("aria-pressed", button.dataset.color === color);
    }
  }

  // The colours painted with last, the newest first.
  remember(colors) {
    const known = colors.filter((color) => /^#[0-9a-f]{6}$/i.test(color));
    this.recent = [...new Set(known)].slice(0, NUM_RECENT);
    this.#show(this.places.recent, this.recent);
  }

  async borrow(file) {
    if (!file) return;
    const response = await ask("palette", { picture: file });
    this.#show(this.places.borrowed, await response.json());
  }

  // Picks what is seen at a point of the drawing: a hint, or else the answer's colour there.
  pick([x, y]) {
    const { easel } = this;
    const at = (image, width, height) => {
      const one = new OffscreenCanvas(1, 1).getContext("2d");
      one.drawImage(image, -Math.floor((x / easel.width) * width), -Math.floor((y / easel.height) * height));
      return one.getImageData(0, 0, 1, 1).data;
    };
    let seen = at(easel.layer, easel.width, easel.height);
    if (seen[3] < 128 && this.answer) seen = at(this.answer, this.answer.width, this.answer.height);
    if (seen[3] >= 128) this.choose(`#${[...seen.slice(0, 3)].map((level) => level.toString(16).padStart(2, "0")).join("")}`);
  }

  #show(place, colors) {
    place.replaceChildren(...colors.map((color) => {
      const button = document.createElement("button");
      button.dataset.color = color;
      button.style.background = color;
      button.title = color;
      button.setAttribute("aria-label", `Colour ${color}`);
      button.setAttribute("aria-pressed", color === this.easel.color);
      button.addEventListener("click", () => this.choose(color));
      return button;
    }));
  }
}
