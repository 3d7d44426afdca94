// The page to paint on: the hints lie between white paper and the lines, which they never touch.

import { paintStroke, Strokes } from "./strokes.js";

const ZOOM_STEP = 1.25;
const MOST_ZOOM = 16;
const SENT_PX = 512;

export class Easel extends EventTarget {
  constructor(canvas) {
    super();
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.lines = null;
    this.strokes = new Strokes();
    this.layer = document.createElement("canvas");
    this.tool = "brush";
    this.color = "#f4c9a8";
    this.size = 24;
    this.hidden = false;
    this.view = { scale: 1, x: 0, y: 0 };
    this.cursor = null;
    this.current = null;
    this.isSpaceDown = false;
    this.#listen();
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  get width() { return this.lines?.width ?? 0; }
  get height() { return this.lines?.height ?? 0; }

  // `lines` is an ImageBitmap of the line art.
  open(lines, strokes = new Strokes()) {
    this.lines = lines;
    this.strokes = strokes;
    this.layer.width = lines.width;
    this.layer.height = lines.height;
    this.cursor = null;
    // What was being drawn belonged to the drawing before.
    this.current = null;
    this.#repaint();
    this.fit();
  }

  replaceLines(lines) {
    this.lines = lines;
    this.draw();
  }

  step(name) {
    this.strokes[name]();
    this.#repaint();
    this.#tell("stroke");
  }

  fit() {
    const { width, height } = this.canvas;
    if (!this.lines) return;
    const scale = Math.min(width / this.width, height / this.height) * 0.96;
    this.view = { scale, x: (width - this.width * scale) / 2, y: (height - this.height * scale) / 2 };
    this.draw();
  }

  zoom(factor, at = [this.canvas.width / 2, this.canvas.height / 2]) {
    if (!this.lines) return;
    const least = Math.min(this.canvas.width / this.width, this.canvas.height / this.height) / 2;
    const scale = Math.min(Math.max(this.view.scale * factor, least), MOST_ZOOM);
    const [x, y] = this.#toDrawing(at);
    this.view = { scale, x: at[0] - x * scale, y: at[1] - y * scale };
    this.draw();
  }

  zoomIn() { this.zoom(ZOOM_STEP); }
  zoomOut() { this.zoom(1 / ZOOM_STEP); }

  // Where the drawing lies on the canvas, in CSS pixels.
  onScreen() {
    const ratio = this.canvas.width / this.canvas.clientWidth;
    const { x, y, scale } = this.view;
    return { x: x / ratio, y: y / ratio, width: (this.width * scale) / ratio, height: (this.height * scale) / ratio };
  }

  // The hints alone, as a PNG with clear pixels; null if there are none.
  async hints(longest = SENT_PX) {
    if (this.strokes.isEmpty) return null;
    const scale = Math.min(1, longest / Math.max(this.width, this.height));
    const sent = new OffscreenCanvas(...[this.width, this.height].map((side) => Math.max(1, Math.round(side * scale))));
    this.strokes.paint(sent.getContext("2d"), scale);
    return sent.convertToBlob({ type: "image/png" });
  }

  draw() {
    const { context, view } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!this.lines) return;
    context.setTransform(view.scale, 0, 0, view.scale, view.x, view.y);
    context.imageSmoothingEnabled = view.scale < 3;
    context.fillStyle = "#ffffff";
    context.fillRect(0, 0, this.width, this.height);
    if (!this.hidden) context.drawImage(this.layer, 0, 0);
    context.globalCompositeOperation = "multiply";
    context.drawImage(this.lines, 0, 0);
    context.globalCompositeOperation = "source-over";
    this.#drawCursor();
    this.#tell("view");
  }

  #drawCursor() {
    if (!this.cursor || !["brush", "eraser"].includes(this.tool)) return;
    const { context } = this;
    for (const [color, more] of [["#ffffff", 1], ["#000000", 0]]) {
      context.beginPath();
      context.arc(...this.cursor, this.size / 2 + more / this.view.scale, 0, 2 * Math.PI);
      context.strokeStyle = color;
      context.lineWidth = 1.2 / this.view.scale;
      context.stroke();
    }
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, (event) => this.#release(event));
    canvas.addEventListener("pointerleave", () => { if (!this.current) { this.cursor = null; this.draw(); } });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, this.#at(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #press(event) {
    // A second finger, or the heel of a hand, ends no stroke and begins none.
    if (!this.lines || this.#isAnothers(event)) return;
    this.canvas.setPointerCapture(event.pointerId);
    const pointer = event.pointerId;
    const point = this.#toDrawing(this.#at(event));
    const moves = this.tool === "hand" || event.button === 1 || this.isSpaceDown;
    if (moves) this.current = { pointer, from: this.#at(event), view: { ...this.view } };
    else if (this.tool === "picker") this.#tell("pick", point);
    else if (event.button === 0) {
      this.current = { pointer, stroke: { tool: this.tool, size: this.size, color: this.color, points: [point] } };
      this.#extend();
    }
  }

  #move(event) {
    if (!this.lines || this.#isAnothers(event)) return;
    const at = this.#at(event);
    this.cursor = this.#toDrawing(at);
    if (this.current?.stroke) {
      // All that came since the last frame, so that quick strokes stay round.
      const events = event.getCoalescedEvents?.() ?? [];
      for (const each of events.length ? events : [event]) {
        this.current.stroke.points.push(this.#toDrawing(this.#at(each)));
      }
      this.#extend();
    } else if (this.current?.view) {
      const { from, view } = this.current;
      this.view = { ...view, x: view.x + at[0] - from[0], y: view.y + at[1] - from[1] };
    }
    this.draw();
  }

  #extend() {
    const { stroke } = this.current;
    const context = this.layer.getContext("2d");
    paintStroke(context, { ...stroke, points: stroke.points.slice(-2) }, 1);
    this.draw();
  }

  #isAnothers(event) {
    return this.current && this.current.pointer !== event.pointerId;
  }

  #release(event) {
    if (this.#isAnothers(event)) return;
    const stroke = this.current?.stroke;
    this.current = null;
    if (stroke) this.#finish(stroke);
  }

  #finish(stroke) {
    const round = (value) => Math.round(value * 10) / 10;
    stroke.points = stroke.points.map(([x, y]) => [round(x), round(y)]);
    this.strokes.add(stroke);
    this.#repaint();
    this.#tell("stroke");
  }

  // Arrow keys move a cursor and Enter paints a dab, for whoever has no pointer.
  #key(event) {
    if (!this.lines || event.ctrlKey || event.metaKey || event.altKey) return;
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in steps) {
      const by = Math.max(1, this.size / 2);
      const [x, y] = this.cursor ?? [this.width / 2, this.height / 2];
      const [dx, dy] = steps[event.key];
      this.cursor = [clamp(x + dx * by, this.width), clamp(y + dy * by, this.height)];
      this.draw();
    } else if (event.key === "Enter") {
      const point = this.cursor ?? [this.width / 2, this.height / 2];
      if (this.tool === "picker") this.#tell("pick", point);
      else if (this.tool !== "hand") this.#finish({ tool: this.tool, size: this.size, color: this.color, points: [point] });
    } else return;
    event.preventDefault();
  }

  #repaint() {
    this.strokes.paint(this.layer.getContext("2d"), 1);
    this.draw();
  }

  #resize() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(clientWidth * ratio));
    this.canvas.height = Math.max(1, Math.round(clientHeight * ratio));
    this.fit();
  }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    const ratio = this.canvas.width / box.width;
    return [(event.clientX - box.left) * ratio, (event.clientY - box.top) * ratio];
  }

  #toDrawing([x, y]) {
    return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale];
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function clamp(value, most) {
  return Math.min(Math.max(value, 0), most);
}
