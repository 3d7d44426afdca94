// A project as one file: the line art as it came, and the strokes as they were made.

import { readStrokes } from "./strokes.js";

const FORMAT = "irodori-project/1";

export async function toProject(file, name, easel, settings, recent) {
  const { width, height, strokes } = easel;
  const project = { format: FORMAT, name, lines: await toDataUrl(file), width, height, strokes: strokes.done, settings, recent };
  return new Blob([JSON.stringify(project)], { type: "application/json" });
}

export async function fromProject(file) {
  let project;
  try {
    project = JSON.parse(await file.text());
  } catch {
    throw new Error("is no project: no JSON");
  }
  if (project?.format !== FORMAT) throw new Error(`is no project that can be opened; wanted ${FORMAT}`);
  return { lines: fromDataUrl(project.lines, project.name), strokes: readStrokes(project.strokes), settings: readSettings(project.settings ?? {}), recent: readRecent(project.recent ?? []) };
}

function readSettings({ clean = false, reach_px, variant = 0, turn = 0, model }) {
  const canBeRead = typeof clean === "boolean" && (reach_px === undefined || Number.isFinite(reach_px)) && [variant, turn].every(Number.isSafeInteger);
  if (!canBeRead) throw new Error("its settings cannot be read");
  return { clean, reach_px, variant, turn, model };
}

function readRecent(colors) {
  if (!Array.isArray(colors) || !colors.every((color) => typeof color === "string")) throw new Error("its recent colours cannot be read");
  return colors;
}

function toDataUrl(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

function fromDataUrl(url, name) {
  try {
    const [, type, base64] = /^data:([^;,]*);base64,(.+)$/s.exec(url);
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    return new File([bytes], `${name || "drawing"}.png`, { type });
  } catch {
    throw new Error("its line art cannot be read");
  }
}
