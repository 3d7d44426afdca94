// Strokes of a brush or an eraser, in the drawing's own pixels; what is undone can be redone.

export class Strokes {
  constructor(list = []) {
    this.done = list;
    this.undone = [];
  }

  add(stroke) {
    this.done.push(stroke);
    this.undone = [];
  }

  // Clearing is a step like any other, so it can be undone.
  clear() {
    this.add({ tool: "clear", points: [] });
    return true;
  }

  // Both tell whether there was anything to do.
  undo() { return moved(this.done, this.undone); }
  redo() { return moved(this.undone, this.done); }

  get isEmpty() {
    return !this.visible().some((stroke) => stroke.tool === "brush");
  }

  visible() {
    const last = this.done.map((stroke) => stroke.tool).lastIndexOf("clear");
    return this.done.slice(last + 1);
  }

  paint(context, scale) {
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    for (const stroke of this.visible()) paintStroke(context, stroke, scale);
  }
}

function moved(from, to) {
  if (!from.length) return false;
  to.push(from.pop());
  return true;
}

export function paintStroke(context, stroke, scale) {
  context.save();
  context.scale(scale, scale);
  context.globalCompositeOperation = stroke.tool === "eraser" ? "destination-out" : "source-over";
  context.strokeStyle = context.fillStyle = stroke.color ?? "#000000";
  context.lineWidth = stroke.size;
  context.lineCap = context.lineJoin = "round";
  const [first, ...rest] = stroke.points;
  context.beginPath();
  if (rest.length) {
    context.moveTo(...first);
    for (const point of rest) context.lineTo(...point);
    context.stroke();
  } else {
    context.arc(...first, stroke.size / 2, 0, 2 * Math.PI);
    context.fill();
  }
  context.restore();
}

// What a project file says has to be checked: it may come from anywhere.
export function readStrokes(list) {
  const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite);
  const isStroke = (stroke) =>
    stroke?.tool === "clear" ||
    (["brush", "eraser"].includes(stroke?.tool) &&
      stroke.size > 0 &&
      (stroke.tool === "eraser" || /^#[0-9a-f]{6}$/i.test(stroke.color)) &&
      Array.isArray(stroke.points) &&
      stroke.points.length > 0 &&
      stroke.points.every(isPoint));
  if (!Array.isArray(list) || !list.every(isStroke)) throw new Error("its strokes cannot be read");
  return new Strokes(list);
}
