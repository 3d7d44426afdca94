// The studio: opens line art, listens to the easel, asks for colours, and shows them.

import { ask, models } from "./api.js";
import { Easel } from "./easel.js";
import { fromProject, toProject } from "./project.js";
import { Paints } from "./paints.js";

const VIEW_PX = 2048;
const PREVIEW_PX = 1024;
const THUMB_PX = 256;
const CALM_MS = 30;
const BRUSH_PX = 24;
const MOST_BRUSH_PX = 120;
const NOT_THERE = 404;

const $ = (id) => document.getElementById(id);
const easel = new Easel($("easel"));
const paints = new Paints({ easel, onChoice: () => easel.tool === "eraser" && choose("brush"), color: $("color"), swatches: $("swatches"), recent: $("recent"), borrowed: $("borrowed") });
const state = { file: null, name: "", variant: 0, turn: 0, isSaved: true, known: [] };
let opening = 0;
let asking = null;
let calm = 0;
let again = 0;

// ---- what is wished

function order() {
  return {
    lines: state.file,
    model: $("model").value,
    reach_px: $("reach").value,
    variant: state.variant,
    turn: state.turn,
    clean: $("clean").checked,
  };
}

async function painted(longest) {
  // The order first: while the hints are made, another drawing may be opened.
  return { ...order(), hints: await easel.hints(longest) };
}

// ---- line art in

// A new drawing takes the place of the one before, and hints are work.
function mayReplace() {
  return state.isSaved || easel.strokes.isEmpty || confirm("The hints are not saved as a project. Open another drawing all the same?");
}

async function openLines(file) {
  if (!file || !mayReplace()) return;
  await open(file).catch((error) => tell(error.message, true));
}

// Whatever goes wrong, what was open stays; of several files the one that was chosen last is opened.
async function open(file, { strokes, settings = { clean: $("clean").checked }, recent } = {}) {
  const mine = ++opening;
  const { clean, variant = 0, turn = 0, model } = settings;
  const opened = await kept(file)
    .then(async (copy) => ({ copy, ...(await linesOf(copy, { clean, variant, turn }, () => mine === opening)) }))
    .catch((error) => {
      if (mine === opening) throw error;
    });
  if (mine !== opening) return;
  const { copy, ...lines } = opened;
  easel.open(lines.bitmap, strokes);
  show($("before"), lines.blob);
  Object.assign(state, { file: copy, name: file.name.replace(/\.[^.]*$/, ""), variant, turn, isSaved: true });
  suit(lines.bitmap, easel.strokes.done.length);
  setWishes(settings);
  if (recent) paints.remember(recent);
  forgetAnswer();
  $("empty").hidden = true;
  enable();
  const isAnswered = await colorize();
  const isOther = model && model !== $("model").value;
  if (isAnswered && isOther && mine === opening) tell("the project's own model is not here; this is another one's answer");
}

// The file on the disk may change, or go, while it is painted on.
async function kept(file) {
  return new File([await file.arrayBuffer()], file.name, { type: file.type });
}

// A brush is as wide as the drawing is large.
function suit({ width, height }, hasStrokes) {
  const longest = Math.max(width, height);
  $("size").max = Math.max(MOST_BRUSH_PX, Math.round(longest / 12));
  resize(hasStrokes ? easel.size : Math.max(BRUSH_PX, Math.round(longest / 80)));
}

// Beside new lines nothing is shown, and nothing picked, of the drawing before.
function forgetAnswer() {
  $("variants").replaceChildren();
  $("after").hidden = true;
  $("result-empty").hidden = false;
  $("slider").disabled = true;
  paints.answer = null;
}

// The server refuses wishes that it could not heed later, so a project's are sent along. A busy one
// is asked again, as long as the lines are still wanted.
async function linesOf(file, wishes, areWanted) {
  try {
    const response = await ask("lines", { lines: file, max_px: VIEW_PX, ...wishes });
    const blob = await response.blob();
    return { blob, bitmap: await createImageBitmap(blob) };
  } catch (error) {
    if (!error.retryAfter || !areWanted()) throw error;
    tell(error.message, true);
    await new Promise((wake) => setTimeout(wake, error.retryAfter * 1000));
    if (!areWanted()) throw error;
    return linesOf(file, wishes, areWanted);
  }
}

async function changeClean() {
  if (!state.file) return;
  const { file } = state;
  const clean = $("clean").checked;
  const areWanted = () => file === state.file && clean === $("clean").checked;
  try {
    const lines = await linesOf(file, { clean }, areWanted);
    if (!areWanted()) return;
    easel.replaceLines(lines.bitmap);
    show($("before"), lines.blob);
    await colorize();
  } catch (error) {
    if (!areWanted()) return;
    // The drawing stays as it was, so the box has to say so.
    $("clean").checked = !clean;
    tell(error.message, true);
  }
}

// ---- colours out

function colorizeSoon() {
  clearTimeout(calm);
  if ($("live").checked) calm = setTimeout(colorize, CALM_MS);
}

async function colorize() {
  if (!state.file || !state.known.length) return;
  asking?.abort();
  clearTimeout(again);
  const mine = (asking = new AbortController());
  const began = performance.now();
  tell("colouring…");
  try {
    const response = await ask("colorize", { ...(await painted()), max_px: previewPx() }, mine.signal);
    const blob = await response.blob();
    if (mine !== asking) return;
    show($("after"), blob);
    $("result-empty").hidden = true;
    $("slider").disabled = false;
    paints.answer = await createImageBitmap(blob);
    document.body.dataset.answers = Number(document.body.dataset.answers ?? 0) + 1;
    tell(`coloured in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return true;
  } catch (error) {
    if (mine !== asking) return;
    tell(error.message, true);
    // A model may have been removed meanwhile, and others be there.
    if (error.status === NOT_THERE) await listModels().catch(() => {});
    if (error.retryAfter) again = setTimeout(colorize, error.retryAfter * 1000);
  }
  return false;
}

// No more pixels than are seen.
function previewPx() {
  const { clientWidth, clientHeight } = $("result");
  return Math.min(PREVIEW_PX, Math.round(Math.max(clientWidth, clientHeight) * window.devicePixelRatio));
}

async function vary() {
  const { file } = state;
  tell("looking for answers that really differ…");
  try {
    const response = await ask("variants", { ...(await painted()), max_px: THUMB_PX });
    const found = await response.json();
    if (file === state.file) showVariants(found);
  } catch (error) {
    if (file === state.file) tell(error.message, true);
  }
}

function showVariants({ variants, noise_spread }) {
  const spread = `noise alone moves a pixel by ${noise_spread} of 255`;
  tell(variants.length ? `${variants.length} that really differ; ${spread}` : `none really differs (${spread}); paint a hint first`);
  $("variants").replaceChildren(...variants.map((each, number) => {
    const image = Object.assign(new Image(), { src: `data:image/png;base64,${each.png}`, alt: `Variant ${number + 1}, ${each.turn ? `hues turned by ${each.turn} degrees` : "other noise"}` });
    const button = document.createElement("button");
    button.append(image);
    button.addEventListener("click", () => {
      Object.assign(state, { variant: each.variant, turn: each.turn, isSaved: false });
      colorize();
    });
    return button;
  }));
}

// ---- files out

async function exportAs(what, extension) {
  const name = `${state.name}-coloured.${extension}`;
  tell("exporting at full size…");
  try {
    const response = await ask(what, await painted(VIEW_PX));
    download(await response.blob(), name);
    tell(`saved ${name}`);
  } catch (error) {
    tell(error.message, true);
  }
}

async function saveProject() {
  const name = `${state.name}.irodori.json`;
  const settings = { reach_px: Number($("reach").value), clean: $("clean").checked, variant: state.variant, turn: state.turn, model: $("model").value };
  download(await toProject(state.file, state.name, easel, settings, paints.recent), name);
  state.isSaved = true;
  tell(`saved ${name}`);
}

async function reopen(file) {
  if (!file || !mayReplace()) return;
  try {
    const { lines, ...more } = await fromProject(file);
    await open(lines, more);
  } catch (error) {
    tell(`${file.name}: ${error.message}`, true);
  }
}

function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---- what is seen

function show(image, blob) {
  if (image.src) URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(blob);
  image.hidden = false;
}

function tell(text, isBad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", isBad);
}

function enable() {
  const ready = Boolean(state.file);
  const focused = document.activeElement;
  $("save").disabled = !ready;
  for (const id of ["paint", "vary", "export-png", "export-ora"]) $(id).disabled = !ready || !state.known.length;
  $("undo").disabled = !easel.strokes.done.length;
  $("redo").disabled = !easel.strokes.undone.length;
  $("clear").disabled = easel.strokes.isEmpty;
  // A button that has nothing more to do keeps no keyboard from the page.
  if (focused?.disabled) $("easel").focus();
}

function setWishes({ clean, reach_px, model }) {
  $("clean").checked = clean;
  setReach(reach_px);
  if (state.known.some((each) => each.key === model)) $("model").value = model;
  showReach();
}

function setReach(value) {
  if (Number.isFinite(value)) $("reach").value = value;
  $("reach-told").textContent = $("reach").value;
}

function slide() {
  $("before").style.clipPath = `inset(0 0 0 ${$("slider").value}%)`;
}

function choose(tool) {
  easel.tool = tool;
  for (const button of document.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === tool);
  $("easel").style.cursor = { hand: "grab", picker: "crosshair" }[tool] ?? "none";
  easel.draw();
}

function hide() {
  easel.hidden = !easel.hidden;
  $("hide").setAttribute("aria-pressed", easel.hidden);
  easel.draw();
}

function resize(size) {
  $("size").value = size;
  easel.size = Number($("size").value);
  $("size-told").textContent = `${easel.size} px`;
  easel.draw();
}

async function listModels() {
  state.known = await models();
  $("model").replaceChildren(...state.known.map((model) => new Option(`${model.recipe} · ${model.size_px} px · ${model.key.slice(0, 6)}`, model.key)));
  $("model").disabled = !state.known.length;
  if (!state.known.length) {
    $("model").append(new Option("none yet"));
    tell("No trained model yet. Run `irodori run` in a terminal (minutes), then load this page again.", true);
  }
  showReach();
}

// Only models that learnt from a wash let strokes run out.
function showReach() {
  const chosen = state.known.find((model) => model.key === $("model").value);
  $("reach-row").hidden = chosen ? !chosen.needs_reach : false;
}

// ---- what is done by hand

const clicks = {
  "open": () => $("file-lines").click(),
  "open-too": () => $("file-lines").click(),
  "reopen": () => $("file-project").click(),
  "reference": () => $("file-reference").click(),
  "save": saveProject,
  "export-png": () => exportAs("colorize", "png"),
  "export-ora": () => exportAs("openraster", "ora"),
  "undo": () => easel.step("undo"),
  "redo": () => easel.step("redo"),
  "clear": () => easel.step("clear"),
  "hide": hide,
  "zoom-in": () => easel.zoomIn(),
  "zoom-out": () => easel.zoomOut(),
  "zoom-fit": () => easel.fit(),
  "paint": colorize,
  "vary": vary,
};
for (const [id, act] of Object.entries(clicks)) $(id).addEventListener("click", act);
for (const button of document.querySelectorAll("[data-tool]")) button.addEventListener("click", () => choose(button.dataset.tool));

const files = { "file-lines": openLines, "file-project": reopen, "file-reference": (file) => paints.borrow(file).catch((error) => tell(error.message, true)) };
for (const [id, act] of Object.entries(files)) {
  $(id).addEventListener("change", () => { act($(id).files[0]); $(id).value = ""; });
}

$("size").addEventListener("input", () => resize($("size").value));
$("reach").addEventListener("input", () => { setReach(); colorizeSoon(); });
$("slider").addEventListener("input", slide);
$("model").addEventListener("change", () => { showReach(); colorize(); });
$("clean").addEventListener("change", changeClean);

easel.addEventListener("stroke", () => {
  const last = easel.strokes.done.at(-1);
  if (last?.tool === "brush") paints.remember([last.color, ...paints.recent]);
  Object.assign(state, { variant: 0, turn: 0, isSaved: false });
  // They were other answers to other strokes.
  $("variants").replaceChildren();
  enable();
  colorizeSoon();
});
easel.addEventListener("view", () => { $("zoom").textContent = `${Math.round(easel.view.scale * 100)} %`; });
easel.addEventListener("pick", ({ detail }) => { paints.pick(detail); choose("brush"); });

const stage = $("stage");
for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => { event.preventDefault(); stage.classList.add("over"); });
for (const name of ["dragleave", "drop"]) document.addEventListener(name, () => stage.classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (/\.json$/i.test(file?.name)) reopen(file);
  else openLines(file);
});
document.addEventListener("paste", (event) => {
  const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
  if (file) openLines(file);
});

const keys = {
  b: () => choose("brush"), e: () => choose("eraser"), i: () => choose("picker"), h: hide, c: colorize,
  "[": () => resize(easel.size / 1.25), "]": () => resize(Math.max(easel.size + 1, easel.size * 1.25)),
  "+": () => easel.zoomIn(), "=": () => easel.zoomIn(), "-": () => easel.zoomOut(), 0: () => easel.fit(),
};
document.addEventListener("keydown", (event) => {
  if (event.target.matches("select")) return;
  // Where letters are not Latin, keys count by their place.
  const key = (/^[\x20-\x7e]$/.test(event.key) || event.key.length > 1 ? event.key : event.code.replace(/^Key/, "")).toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    const step = { z: event.shiftKey ? "redo" : "undo", y: "redo" }[key];
    if (!step) return;
    easel.step(step);
  } else if (key === " " && event.target === $("easel")) easel.isSpaceDown = true;
  else if (key in keys && !event.altKey) keys[key]();
  else return;
  event.preventDefault();
});
document.addEventListener("keyup", (event) => { if (event.key === " ") easel.isSpaceDown = false; });
window.addEventListener("blur", () => { easel.isSpaceDown = false; });
window.addEventListener("beforeunload", (event) => { if (!state.isSaved && !easel.strokes.isEmpty) event.preventDefault(); });

// Where the drawing lies on the screen, for whatever drives the page.
window.irodori = { onScreen: () => easel.onScreen() };

resize(BRUSH_PX);
choose("brush");
slide();
enable();
await listModels().catch((error) => tell(error.message, true));
