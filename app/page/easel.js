// The page to paint on: the hints lie between white paper and the lines, which they never touch.

import { paintStroke, Strokes } from "./strokes.js";

const ZOOM_STEP = 1.25;
const MOST_ZOOM = 16;
const SENT_PX = 512;
// A finger that has moved no farther (CSS pixels) when another comes was the first of two, and paints nothing.
const STILL_PX = 10;
const CROSS_PX = 8;
// So far (of 100ths of a canvas) from its edge the keyboard's cursor stays in sight.
const MARGIN = 5;
// So many pixels a wheel turns in one notch.
const NOTCH_PX = 100;

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
    this.isWhole = true;
    this.cursor = null;
    this.current = null;
    this.fingers = new Map();
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
    // A step of nothing changes nothing, and a stroke that is being drawn comes first.
    if (this.current || !this.strokes[name]()) return;
    this.#repaint();
    this.#tell("stroke");
  }

  fit() {
    const { width, height } = this.canvas;
    if (!this.lines) return;
    const scale = Math.min(width / this.width, height / this.height) * 0.96;
    this.view = { scale, x: (width - this.width * scale) / 2, y: (height - this.height * scale) / 2 };
    this.isWhole = true;
    this.draw();
  }

  zoom(factor, at = [this.canvas.width / 2, this.canvas.height / 2]) {
    if (this.lines) this.#look(this.view, factor, at, at);
  }

  // Sees the drawing as a view does, but nearer by a factor, and with what lay at one place at another.
  #look(view, factor, from, to) {
    const whole = Math.min(this.canvas.width / this.width, this.canvas.height / this.height);
    const scale = Math.min(Math.max(view.scale * factor, whole / 2), Math.max(whole, MOST_ZOOM));
    const [x, y] = [0, 1].map((axis) => to[axis] - ((from[axis] - [view.x, view.y][axis]) * scale) / view.scale);
    this.view = { scale, x, y };
    this.isWhole = false;
    this.draw();
  }

  zoomIn() { this.zoom(ZOOM_STEP); }
  zoomOut() { this.zoom(1 / ZOOM_STEP); }

  // Where the drawing lies on the canvas, in CSS pixels.
  onScreen() {
    const ratio = this.#ratio;
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
    if (!this.cursor || this.tool === "hand") return;
    const { context, tool, cursor: [x, y], view: { scale } } = this;
    for (const [color, more] of [["#ffffff", 1], ["#000000", 0]]) {
      context.beginPath();
      if (tool === "picker") {
        const reach = (CROSS_PX + more) / scale;
        for (const [dx, dy] of [[reach, 0], [0, reach]]) {
          context.moveTo(x - dx, y - dy);
          context.lineTo(x + dx, y + dy);
        }
      } else context.arc(x, y, this.size / 2 + more / scale, 0, 2 * Math.PI);
      context.strokeStyle = color;
      context.lineWidth = 1.2 / scale;
      context.stroke();
    }
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.#press(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "lostpointercapture"]) canvas.addEventListener(name, (event) => this.#release(event));
    // What the system took for a palm, or for a gesture of its own, was no stroke.
    canvas.addEventListener("pointercancel", (event) => this.#release(event, { keeps: false }));
    canvas.addEventListener("pointerleave", () => { if (!this.current) { this.cursor = null; this.draw(); } });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const notches = event.deltaMode ? Math.sign(event.deltaY) : event.deltaY / NOTCH_PX;
      if (notches) this.zoom(ZOOM_STEP ** Math.min(Math.max(-notches, -1), 1), this.#at(event));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  #press(event) {
    if (!this.lines) return;
    const at = this.#at(event);
    if (event.pointerType === "touch") {
      this.fingers.set(event.pointerId, at);
      if (this.#pinches(event.pointerId)) return;
    }
    // The heel of a hand may lie on the page before the pen does.
    if (event.pointerType === "pen" && this.fingers.has(this.current?.pointer)) this.#drop();
    // One more finger, or the heel of a hand, ends no stroke and begins none.
    if (this.#isAnothers(event)) return;
    this.canvas.setPointerCapture(event.pointerId);
    const pointer = event.pointerId;
    const point = this.#toDrawing(at);
    const moves = this.tool === "hand" || event.button === 1 || this.isSpaceDown;
    if (moves) this.current = { pointer, from: at, view: { ...this.view } };
    else if (this.tool === "picker") this.#tell("pick", point);
    else if (event.button === 0) {
      const stroke = { tool: this.tool, size: this.size, color: this.color, points: [point] };
      this.current = { pointer, from: at, farthest: 0, stroke };
      this.#extend();
    }
  }

  // Whether a finger is the second one, and the first has painted nothing yet: then both move the page.
  #pinches(finger) {
    const { current, fingers } = this;
    const [first, ...more] = [...fingers.keys()].filter((each) => each !== finger);
    if (first === undefined || more.length || (current && current.pointer !== first)) return false;
    if (current?.stroke && current.farthest > STILL_PX * this.#ratio) return false;
    this.#drop();
    const pair = [first, finger];
    this.current = { pointer: first, pair, from: pair.map((each) => fingers.get(each)), view: { ...this.view } };
    return true;
  }

  #move(event) {
    if (!this.lines) return;
    const at = this.#at(event);
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, at);
    if (this.current?.pair) return this.#pinch();
    if (this.#isAnothers(event)) return;
    this.cursor = this.#toDrawing(at);
    if (this.current?.stroke) {
      // All that came since the last frame, so that quick strokes stay round.
      const events = event.getCoalescedEvents?.() ?? [];
      const came = events.length ? events : [event];
      this.current.farthest = Math.max(this.current.farthest, apart(this.current.from, at));
      this.current.stroke.points.push(...came.map((each) => this.#toDrawing(this.#at(each))));
      this.#extend(came.length);
    } else if (this.current?.view) {
      const { from, view } = this.current;
      this.#look(view, 1, from, at);
    }
    this.draw();
  }

  #pinch() {
    const { pair, from, view } = this.current;
    const now = pair.map((finger) => this.fingers.get(finger));
    this.cursor = null;
    this.#look(view, apart(...now) / Math.max(1, apart(...from)), middle(...from), middle(...now));
  }

  // Paints the last so many points of the stroke that is being drawn, from the one before them on.
  #extend(number = 1) {
    const { stroke } = this.current;
    const context = this.layer.getContext("2d");
    paintStroke(context, { ...stroke, points: stroke.points.slice(-number - 1) }, 1);
    this.draw();
  }

  #isAnothers(event) {
    return this.current && this.current.pointer !== event.pointerId;
  }

  #release(event, { keeps = true } = {}) {
    this.fingers.delete(event.pointerId);
    // The finger of two that stays paints nothing either.
    if (this.#isAnothers(event) && !this.current.pair?.includes(event.pointerId)) return;
    const stroke = this.current?.stroke;
    if (!keeps) return this.#drop();
    this.current = null;
    if (stroke) this.#finish(stroke);
  }

  // Forgets what is being drawn.
  #drop() {
    const { stroke } = this.current ?? {};
    this.current = null;
    if (stroke) this.#repaint();
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
      this.#follow();
    } else if (event.key === "Enter") {
      const point = this.cursor ?? [this.width / 2, this.height / 2];
      if (this.tool === "picker") this.#tell("pick", point);
      else if (this.tool !== "hand") this.#finish({ tool: this.tool, size: this.size, color: this.color, points: [point] });
    } else return;
    event.preventDefault();
  }

  // Brings the keyboard's cursor into sight.
  #follow() {
    const { canvas: { width, height }, cursor, view } = this;
    const at = [cursor[0] * view.scale + view.x, cursor[1] * view.scale + view.y];
    const to = [width, height].map((side, axis) => Math.min(Math.max(at[axis], (side * MARGIN) / 100), side * (1 - MARGIN / 100)));
    if (!this.isWhole && apart(at, to) > 0) this.#look(view, 1, at, to);
    else this.draw();
  }

  #repaint() {
    this.strokes.paint(this.layer.getContext("2d"), 1);
    this.draw();
  }

  #resize() {
    const { canvas, view } = this;
    const ratio = window.devicePixelRatio || 1;
    const before = [canvas.width, canvas.height];
    canvas.width = Math.max(1, Math.round(canvas.clientWidth * ratio));
    canvas.height = Math.max(1, Math.round(canvas.clientHeight * ratio));
    if (this.isWhole) return this.fit();
    // Who looks at a detail goes on looking at it.
    const [from, to] = [before, [canvas.width, canvas.height]].map((size) => size.map((side) => side / 2));
    if (this.lines) this.#look(view, 1, from, to);
  }

  get #ratio() { return this.canvas.width / this.canvas.clientWidth; }

  #at(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) * this.#ratio, (event.clientY - box.top) * this.#ratio];
  }

  #toDrawing([x, y]) {
    return [(x - this.view.x) / this.view.scale, (y - this.view.y) / this.view.scale];
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function apart([x, y], [otherX, otherY]) {
  return Math.hypot(otherX - x, otherY - y);
}

function middle([x, y], [otherX, otherY]) {
  return [(x + otherX) / 2, (y + otherY) / 2];
}

function clamp(value, most) {
  return Math.min(Math.max(value, 0), most);
}
