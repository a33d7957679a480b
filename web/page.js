"use strict";
// The page: chosen files, options, and the results as elements. Text of files and results is only ever set as text.

const MOST_BYTES = 200e6;
const MOST_NAMES = 30;
const one = (id) => document.getElementById(id);
const chosen = { files: [], gold: [], ids: [] };
const OPTIONS = ["task", "release", "track", "threshold", "scores", "cuts", "map", "order", "label-column", "unverified-texts"];
let worker, about, running = false, again = false, cleared = false, addresses = [];

/** Return an element; attributes that are null are left out, children are elements or texts. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value != null) made.setAttribute(name, value);
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const say = (text) => { one("status").textContent = text; };

// --- files ---------------------------------------------------------------------------------------------------------

/** Take files, each with its path: that in a dropped folder, or its name. */
function choose(kind, files) {
  if (!files.length) return;
  chosen[kind] = files;
  // The control itself names a single file.
  const shown = files.length > 1 || files[0].path.includes("/");
  const names = shown ? files.map(({ path, file }) => element("li", {}, `${path} (${size(file.size)})`)) : [];
  const more = names.length - MOST_NAMES;
  if (more > 0) names.splice(MOST_NAMES, more, element("li", {}, `and ${plural(more, "more file")}`));
  one(`${kind}-list`).replaceChildren(...names);
  check();
}

const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const named = (files) => [...files].map((file) => ({ path: file.name, file }));

/** Return the files of what was dropped, those of folders too. Hidden files of a folder are left out. */
async function dropped(transfer) {
  // The browser forgets the entries when the event ends, so all are taken before the first is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()), files = named(transfer.files);
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  const found = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      found.push({ path: entry.fullPath.slice(1), file: await new Promise((done, failed) => entry.file(done, failed)) });
      return;
    }
    const reader = entry.createReader();
    const next = () => new Promise((done, failed) => reader.readEntries(done, failed));
    // A reader gives a part of its folder at a time, and none at the end.
    for (let part = await next(); part.length; part = await next()) {
      for (const child of part) if (!child.name.startsWith(".")) await walk(child);
    }
  };
  for (const entry of entries) if (entry) await walk(entry);
  return found;
}

/**
 * Return the files with their contents, at paths that differ and that are no folder of the check itself. The root is
 * what is checked: the file, or the folder that was dropped.
 */
async function contents(files) {
  const paths = new Set();
  return Promise.all(
    files.map(async ({ path, file }, at) => {
      const first = path.split("/")[0], taken = paths.has(path);
      paths.add(path);
      const body = await file.arrayBuffer().catch(() => { throw new Unreadable(path); });
      if (taken) return { path: `${at + 1}/${path}`, root: `${at + 1}/${path}`, body };
      const prefix = ["gold", "ids", "fixed", "zips"].includes(first) ? "dropped-" : "";
      return { path: prefix + path, root: prefix + first, body };
    }),
  );
}

/** A file that is not there any more, or was edited after it was chosen: browsers read neither. */
class Unreadable extends Error {}

for (const kind of ["files", "gold"]) {
  const input = one(kind), zone = one(`${kind}-zone`);
  input.addEventListener("change", () => choose(kind, named(input.files)));
  // Choosing the same file again, after it was edited, is no change.
  input.addEventListener("cancel", () => { if (input.files[0] !== chosen[kind][0]?.file) choose(kind, named(input.files)); });
  zone.addEventListener("dragover", (event) => { event.preventDefault(); zone.classList.add("over"); });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", async (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    const { files } = event.dataTransfer, found = await dropped(event.dataTransfer);
    if (!found.length) { say("There is no file in what was dropped."); return; }
    // The control cannot show a folder.
    if (found.some(({ path }) => path.includes("/"))) input.value = "";
    else input.files = files;
    choose(kind, found);
  });
}
// A file that misses the zones would replace the page.
for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => event.preventDefault());

// --- options -------------------------------------------------------------------------------------------------------

function offer() {
  const task = about.tasks.find((each) => each.name === one("task").value) ?? about.tasks[0];
  for (const [id, values] of [["release", task.releases], ["track", task.tracks]]) {
    const select = one(id), value = select.value;
    select.replaceChildren(select.options[0], ...values.map((each) => element("option", { value: each }, each)));
    select.value = values.includes(value) ? value : "";
  }
}

one("task").addEventListener("change", offer);
one("ids-from").addEventListener("change", ({ target }) => { chosen.ids = named(target.files); check(); });
for (const id of OPTIONS) one(id).addEventListener("change", () => check());
one("form").addEventListener("submit", (event) => { event.preventDefault(); check(); });
one("clear").addEventListener("click", () => {
  one("form").reset();
  for (const kind of ["files", "gold", "ids"]) { chosen[kind] = []; one(`${kind}-list`)?.replaceChildren(); }
  if (about) offer();
  cleared = running;
  again = false;
  one("result").hidden = true;
  say(about ? "Ready." : "Loading Python …");
  one("files").focus();
});

// --- the worker ----------------------------------------------------------------------------------------------------

async function start() {
  say("Loading Python …");
  const source = await (await fetch("worker.js")).text();
  worker = new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
  worker.onmessage = ({ data }) => {
    if (data.about) ready(data.about);
    else finished(data);
  };
  worker.onerror = (event) => finished({ failed: event.message || "the worker could not start", loading: true });
  worker.postMessage({ base: new URL(".", location.href).href });
}

function ready(found) {
  about = found;
  one("task").append(...about.tasks.map((each) => element("option", { value: each.name }, `${each.title} (${each.name})`)));
  offer();
  one("check").disabled = false;
  one("about").textContent =
    `semeval-emo ${about.version} on Python ${about.python} (Pyodide), loaded in ${about.seconds.toFixed(1)} s. ` +
    "Once loaded, the page works without a network.";
  say("Ready.");
  if (chosen.files.length) check();
}

async function check() {
  if (!chosen.files.length) { say("Choose a prediction file first."); return; }
  if (!about) return;
  if (running) { again = true; say("Checking …"); return; }
  const bytes = Object.values(chosen).flat().reduce((sum, { file }) => sum + file.size, 0);
  if (bytes > MOST_BYTES) {
    const words = `The files have ${size(bytes)}; this page takes ${size(MOST_BYTES)} at most.`;
    finished({ result: { error: words, fix: "choose fewer files, or files with the columns of the task only" } });
    return;
  }
  running = true;
  say("Checking …");
  one("result").setAttribute("aria-busy", "true");
  try {
    const [files, gold, ids] = await Promise.all([chosen.files, chosen.gold, chosen.ids].map(contents));
    const options = Object.fromEntries(OPTIONS.map((id) => [id, one(id).value.trim()]));
    const roots = [...new Set(files.map(({ root }) => root))], paths = (list) => list.map(({ path }) => path);
    worker.postMessage({ request: { files: roots, gold: paths(gold), ids: paths(ids), options }, files, gold, ids });
  } catch (error) {
    const words = `${error.message} cannot be read: it has changed since it was chosen, or it is gone.`;
    finished(error instanceof Unreadable ? { result: { error: words, fix: "choose it again" } } : { failed: error.message });
  }
}

function finished({ result, failed, loading }) {
  // What was chosen meanwhile is checked next; the result of files that were cleared is not shown.
  const isShown = !cleared, isNext = again;
  running = cleared = again = false;
  one("result").removeAttribute("aria-busy");
  if (isShown) {
    say(result?.seconds == null ? "" : `Done in ${result.seconds.toFixed(1)} s.`);
    show(result ?? fault(failed, loading));
  }
  if (isNext) check();
}

const fault = (detail, loading) => ({
  error: loading ? "Python could not be loaded." : "The check failed. This is a fault of the page, not of your file.",
  fix: loading
    ? "reload the page; if it comes again, use another browser"
    : "reload the page; if it comes again, please report the text below",
  detail,
});

// --- the results ---------------------------------------------------------------------------------------------------

function show(result) {
  addresses.forEach((address) => URL.revokeObjectURL(address));
  addresses = [];
  const section = one("result");
  section.replaceChildren(...(result.error ? failure(result) : results(result)));
  section.hidden = false;
  one("verdict").focus({ preventScroll: true });
  section.scrollIntoView({ block: "nearest" });
}

// Code is between backticks.
const prose = (text) => text.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));

const heading = (text, kind) => element("h2", { id: "verdict", tabindex: "-1", class: kind }, text);

function failure({ error, fix, detail }) {
  return [heading("Not checked", "bad"), element("p", {}, error), fix ? element("p", {}, `Fix: ${fix}.`) : "", detail ? element("pre", {}, detail) : ""];
}

function results(result) {
  const { report } = result, made = result.fixed, whole = made && made.out && !made.refused.length;
  const count = [report.errors && plural(report.errors, "error"), report.warnings && plural(report.warnings, "warning")];
  const counts = count.filter(Boolean).join(" and ");
  const words = report.valid ? `Valid${counts ? `, with ${counts}` : ""}` : `Not valid: ${counts || "no prediction file"}`;
  const parts = [heading(words, report.valid ? "good" : "bad")];
  if (!report.valid && whole) parts.push(element("p", {}, "All errors can be fixed automatically: the fixed file is below."));
  parts.push(...result.warnings.map((text) => element("p", { class: "bad" }, text)));
  for (const file of report.files) parts.push(fileResult(file, result.problems.filter((each) => each.file === file.file)));
  parts.push(...downloads(result));
  parts.push(...official(report.official, result.official_fixed));
  parts.push(...scores(result));
  return parts;
}

function fileResult(file, problems) {
  const parts = file.parts.map(
    (part) =>
      `${part.rows === part.expected_rows ? "" : `${part.rows.toLocaleString("en")} of `}${plural(part.expected_rows, "row")} of ` +
      `${part.release} track ${part.track} ${part.language} ${part.split}`,
  );
  const what = parts.slice(0, 3).join(", and ") + (parts.length > 3 ? ` and ${plural(parts.length - 3, "more file")} of the task` : "");
  return element(
    "div", { class: "file" },
    element("p", {}, element("strong", {}, file.file), `: ${file.valid ? "valid" : "not valid"}${what ? `, ${what}` : ""}`),
    problems.length ? element("ul", { class: "problems" }, ...problems.map(problem)) : "",
  );
}

function problem(group) {
  const words = ({ column, message }) => (column && !message.includes(column) ? `${column}: ${message}` : message);
  const lines = group.examples.map((example) =>
    element("li", {}, element("span", { class: "where" }, example.line == null ? "" : `line ${example.line.toLocaleString("en")}`), element("span", {}, ...prose(words(example)))),
  );
  return element(
    "li", { class: group.severity },
    element("h4", {}, element("code", {}, group.code), ` ${group.title}${group.count > 1 ? ` (${group.count.toLocaleString("en")})` : ""}`),
    element("ul", {}, ...lines),
    group.more ? element("p", { class: "note" }, `… and ${group.more.toLocaleString("en")} more`) : "",
    repair(group),
    element("details", {}, element("summary", {}, "Why this matters"), element("p", { class: "note" }, ...prose(group.explanation))),
  );
}

function repair({ repair: done, is_fixed, examples }) {
  if (is_fixed) return element("p", { class: "good" }, `Fixed automatically: ${done}.`);
  if (done) return element("p", {}, `Fixed automatically once the other problems are fixed by hand: ${done}.`);
  return examples[0]?.fix ? element("p", {}, ...prose(`Fix: ${examples[0].fix}.`)) : "";
}

function downloads({ fixed, downloads, not_packed }) {
  const parts = [];
  if (downloads.length) {
    const links = downloads.map((file) => {
      const type = file.name.endsWith(".zip") ? "application/zip" : "text/csv";
      const address = URL.createObjectURL(new Blob([file.body], { type }));
      addresses.push(address);
      const words = file.kind === "zip" ? `Download ${file.name}, to upload` : `Download the fixed ${file.files > 1 ? `files (${file.name})` : `file (${file.name})`}`;
      return element("li", {}, element("a", { class: file.kind === "zip" ? "button" : "button quiet", href: address, download: file.name }, words));
    });
    parts.push(element("h3", {}, "Downloads"), element("ul", { class: "downloads" }, ...links));
  }
  const changes = fixed ? fixed.changes.map((change) => `${change.file}: ${change.done}${change.count > 1 ? ` (${change.count.toLocaleString("en")})` : ""}`) : [];
  if (changes.length && downloads.length) parts.push(element("p", { class: "note" }, `Changed: ${changes.join("; ")}.`));
  const refused = fixed ? fixed.refused : [];
  if (refused.length) {
    parts.push(
      element("h3", {}, "Not fixed"),
      element("p", {}, "To be fixed by hand first; a label is never guessed."),
      element("ul", { class: "official" }, ...refused.map((each) => element("li", {}, `${each.part || each.file}: ${each.why || Object.keys(each.counts).join(", ")}.`))),
    );
  }
  const notes = [...(fixed ? fixed.notes : []), ...downloads.flatMap((file) => file.notes ?? [])];
  parts.push(...[...new Set(notes)].map((note) => element("p", { class: "note" }, `${note}.`)));
  parts.push(...not_packed.map((each) => element("p", { class: "note" }, `No zip: ${each.error}${each.fix ? ` Fix: ${each.fix}.` : ""}`)));
  return parts;
}

function official(given, fixed) {
  const list = (outcomes) =>
    element("ul", { class: "official" }, ...outcomes.map((each) => element("li", {}, element("strong", {}, `${each.scorer}${each.track ? `, track ${each.track}` : ""}: `), each.message)));
  const parts = [];
  if (given.length) parts.push(element("h3", {}, "What the official scorers do with this file"), list(given));
  if (fixed.length) parts.push(element("h3", {}, "What they do with the zip"), list(fixed));
  return parts;
}

function scores({ scores, means, gold_errors }) {
  if (!scores.length && !gold_errors.length) return [];
  const parts = [element("h3", {}, "Scores")];
  const each = scores.map((score) =>
    table(`${score.file}: ${score.place}`, "metric", [
      [score.metric, score.score, "main"], ...Object.entries(score.others ?? {}),
      ...Object.entries(score.emotions).map(([name, value]) => [`${score.each}, ${name}`, value]),
    ]),
  );
  if (scores.length > 1) {
    const name = (own) => (scores.filter((other) => other.place === own.place).length > 1 ? own.file : own.place);
    const mean = means.map((own) => [`${own.group}: mean ${own.metric} of ${own.languages} languages`, own.score, "main"]);
    parts.push(table("The official metric of each file", "file", [...mean, ...scores.map((own) => [`${name(own)}, ${own.metric}`, own.score])]));
    parts.push(element("details", {}, element("summary", {}, "Each file by emotion"), ...each));
  } else parts.push(...each);
  const missing = (own) => `Not scored: ${own.place}. ${own.error}${own.fix ? ` Fix: ${own.fix}.` : ""}`;
  parts.push(...gold_errors.map((own) => element("p", { class: scores.length ? "note" : "bad" }, ...prose(missing(own)))));
  return parts;
}

/** Return a table of names and values; the rows are a name, a value and an optional class. */
function table(caption, head, rows) {
  const row = ([name, value, kind]) =>
    element("tr", { class: kind }, element("th", { scope: "row" }, name), element("td", {}, value.toFixed(4)));
  return element(
    "table", {},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, head), element("th", { scope: "col" }, "value"))),
    element("tbody", {}, ...rows.map(row)),
  );
}

start().catch((error) => finished({ failed: error.message, loading: true }));
