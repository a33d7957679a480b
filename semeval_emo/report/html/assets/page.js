"use strict";
// Only text is inserted, never markup, since texts and names come from users.
(() => {
  const byId = (id) => document.getElementById(id);
  const make = (tag, kind, text) => {
    const made = document.createElement(tag);
    if (kind) made.className = kind;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  // ---- Light and dark theme: the system's preference, unless the user has chosen one.
  const root = document.documentElement, button = byId("theme");
  const preference = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : preference.matches);
  const label = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  try { const kept = localStorage.getItem("theme"); if (kept) root.dataset.theme = kept; } catch { /* storage is not available */ }
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* storage is not available */ }
    label();
  });
  preference.addEventListener("change", label);
  label();

  // ---- Paper has all that is collapsed on the screen.
  let collapsed = [];
  addEventListener("beforeprint", () => {
    collapsed = [...document.querySelectorAll("details:not([open])")];
    for (const one of collapsed) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of collapsed) one.open = false; });

  // ---- Boxes that scroll sideways have a shade at the right until their end is seen.
  const hint = (box) => box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 2);
  const resized = new ResizeObserver((entries) => { for (const { target } of entries) hint(target); });
  for (const box of document.querySelectorAll(".scroll")) {
    box.addEventListener("scroll", () => hint(box), { passive: true });
    resized.observe(box);
    hint(box);
  }

  // ---- Copy buttons of signatures.
  for (const copy of document.querySelectorAll(".copy")) {
    if (!navigator.clipboard) continue;
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(copy.parentElement.querySelector("code").textContent);
      copy.textContent = "Copied";
    });
  }

  // ---- Sortable tables. Numbers are sorted in descending order first; empty cells are last.
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    return a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y) ? x - y : a.localeCompare(b);
  };
  for (const table of document.querySelectorAll("table[data-sortable]")) {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    heads.forEach((head, at) => {
      if (!head.textContent.trim()) return;
      const sort = make("button", "", head.textContent);
      sort.type = "button";
      head.textContent = "";
      head.append(sort);
      sort.addEventListener("click", () => {
        const now = head.getAttribute("aria-sort");
        const falls = now ? now === "ascending" : head.classList.contains("n");
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const keyed = [...body.rows].map((row) => [row.cells[at].dataset.order, row]);
        keyed.sort(([a], [b]) => (a === "") - (b === "") || (falls ? compare(b, a) : compare(a, b)));
        body.append(...keyed.map(([, row]) => row));
      });
    });
  }

  const options = (select, words) => {
    select.replaceChildren(...words.map(([value, text]) => {
      const option = make("option", "", text);
      option.value = value;
      return option;
    }));
  };

  // Inputs apply on every letter, selects on change.
  const listen = (form, act) => {
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => { if (event.target.tagName === "INPUT") act(event.target); });
    form.addEventListener("change", (event) => { if (event.target.tagName === "SELECT") act(event.target); });
  };

  // ---- Tables with filters (the leaderboard): a row is shown if it matches every filter.
  const filter = byId("filter");
  if (filter) {
    filter.hidden = false;
    const rows = [...document.querySelectorAll("#every tbody tr")];
    const controls = [...filter.querySelectorAll("select")], search = byId("search");
    for (const control of controls) {
      const seen = new Map(rows.flatMap((row) => JSON.parse(row.dataset[control.id])).map((one) => [one, one]));
      options(control, [["", control.dataset.all], ...seen]);
      // Start with one list, since lists are never mixed.
      if (control.dataset.first) control.value = control.dataset.first;
    }
    const apply = () => {
      const words = search.value.trim().toLocaleLowerCase();
      let shown = 0;
      for (const row of rows) {
        const fits = controls.every((one) => !one.value || JSON.parse(row.dataset[one.id]).includes(one.value))
          && (!words || row.textContent.toLocaleLowerCase().includes(words));
        row.hidden = !fits;
        shown += fits;
      }
      byId("count").textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
    };
    listen(filter, apply);
    apply();
  }

  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !typing && byId("search")) { byId("search").focus(); event.preventDefault(); }
    if (event.key === "Escape" && document.activeElement === byId("search")) byId("search").blur();
    if (event.key === "[" && !typing && byId("previous")) byId("previous").click();
    if (event.key === "]" && !typing && byId("next")) byId("next").click();
  });

  // ---- The text browser: filters over columns of data; one page of rows is drawn at a time.
  const PAGE = 50, MENU = 34;
  const browser = byId("browser");
  if (!browser) return;
  const sets = JSON.parse(byId("data").textContent).sets;
  const control = Object.fromEntries(
    ["file", "system", "second", "emotion", "kind", "order", "search"].map((id) => [id, byId(id)]));
  let set, folded, found = [], page = 0;

  // A menu cuts what is longer than itself, at the end: names lose their middle instead, if they still differ.
  const menuNames = (names) => {
    const short = names.map((name) => {
      const letters = [...name];
      return letters.length > MENU ? `${letters.slice(0, 15).join("")}…${letters.slice(-16).join("")}` : name;
    });
    return new Set(short).size === names.length ? short : names;
  };

  const choose = (at) => {
    set = sets[at];
    folded = (set.texts || set.ids).map((text, i) => `${text}\n${set.ids[i]}`.toLocaleLowerCase());
    const names = menuNames(set.systems.map((one) => one.name));
    options(control.system, [...names.entries()]);
    const every = set.systems.length > 2 ? [["all", `all ${set.systems.length} systems`]] : [];
    options(control.second, [["", "none"], ...every, ...names.entries()]);
    if (set.systems.length > 1) control.second.value = "1";
    options(control.emotion, [["", "all"], ...set.emotions.map((name, i) => [i, name])]);
    options(control.order, [
      ["file", "as in the file"], ["wrong", "most wrong labels"],
      ...(set.systems.length > 1 ? [["hard", "wrong in most systems"]] : []),
      ...(set.sure ? [["sure", "most confident error"]] : []),
      ...(set.texts ? [["long", "longest"], ["short", "shortest"]] : []),
    ]);
    kinds();
  };

  // One system to compare with, not none and not all of them.
  const rival = () => control.second.value !== "" && control.second.value !== "all";

  const kinds = () => {
    const kept = control.kind.value;
    options(control.kind, [
      ["", "all texts"], ["wrong", "with an error"], ["right", "correct"], ["false-negative", "false negative"],
      ["false-positive", "false positive"],
      ...(set.top > 1 ? [["intensity", "wrong intensity"]] : []),
      ...(rival() ? [["only", "only the first is correct"], ["other", "only the second is correct"]] : []),
    ]);
    control.kind.value = kept;
    if (control.kind.selectedIndex < 0) control.kind.selectedIndex = 0;
    document.getElementById("wrong-intensity").hidden = set.top < 2;
  };

  // Labels of a system are one string, with a digit for each emotion of each text.
  const labelsOf = (at, i) => set.systems[at].labels.slice(i * set.emotions.length, (i + 1) * set.emotions.length);

  // Compares a digit of gold and prediction; "0" means that the label is absent.
  const judge = (gold, label) => (gold === label ? "same" : gold === "0" ? "false-positive" : label === "0" ? "false-negative" : "intensity");

  const fits = (i) => {
    const gold = set.gold[i], labels = labelsOf(control.system.value, i);
    const only = control.emotion.value, kind = control.kind.value;
    if (kind === "only" || kind === "other") {
      const second = labelsOf(control.second.value, i);
      const a = only === "" ? labels === gold : labels[only] === gold[only];
      const b = only === "" ? second === gold : second[only] === gold[only];
      return kind === "only" ? a && !b : b && !a;
    }
    if (only !== "") {
      const how = judge(gold[only], labels[only]);
      if (kind === "right") return how === "same" && gold[only] !== "0";
      if (kind === "wrong") return how !== "same";
      return kind === "" ? gold[only] !== "0" || labels[only] !== "0" : how === kind;
    }
    if (kind === "") return true;
    if (kind === "right") return gold === labels;
    if (kind === "wrong") return gold !== labels;
    for (let e = 0; e < gold.length; e += 1) if (judge(gold[e], labels[e]) === kind) return true;
    return false;
  };

  const wrong = (i) => {
    const gold = set.gold[i], labels = labelsOf(control.system.value, i);
    let count = 0;
    for (let e = 0; e < gold.length; e += 1) count += gold[e] !== labels[e];
    return count;
  };
  const percent = (i, e) => Number(set.sure[i].slice(2 * e, 2 * e + 2));
  const sure = (i) => {
    const gold = set.gold[i], labels = labelsOf(control.system.value, i);
    let most = -1;
    for (let e = 0; e < gold.length; e += 1) {
      if ((gold[e] === "0") !== (labels[e] === "0")) most = Math.max(most, labels[e] === "0" ? 99 - percent(i, e) : percent(i, e));
    }
    return most;
  };
  const hard = (i) => set.systems.filter((_, at) => labelsOf(at, i) !== set.gold[i]).length;
  const length = (i) => set.texts[i].length;
  const KEYS = { wrong: (i) => -wrong(i), hard: (i) => -hard(i), sure: (i) => -sure(i), long: (i) => -length(i), short: length };

  const look = () => {
    const words = control.search.value.trim().toLocaleLowerCase();
    found = [];
    for (let i = 0; i < set.ids.length; i += 1) if (fits(i) && (!words || folded[i].includes(words))) found.push(i);
    const key = KEYS[control.order.value];
    if (key) {
      const keys = new Map(found.map((i) => [i, key(i)]));
      found.sort((a, b) => keys.get(a) - keys.get(b) || a - b);
    }
    page = 0;
    draw();
  };

  const marked = (text, words) => {
    // Lower case can change the length of a text; then nothing is highlighted.
    const low = text.toLocaleLowerCase(), made = document.createDocumentFragment();
    if (!words || low.length !== text.length) { made.append(text); return made; }
    let from = 0;
    for (let at = low.indexOf(words); at >= 0; at = low.indexOf(words, from)) {
      made.append(text.slice(from, at), make("mark", "", text.slice(at, at + words.length)));
      from = at + words.length;
    }
    made.append(text.slice(from));
    return made;
  };

  const SIGNS = { same: "✓", "false-negative": "−", "false-positive": "+", intensity: "≠" };
  const TITLES = { same: "correct", "false-negative": "false negative", "false-positive": "false positive", intensity: "wrong intensity" };
  // A long name may continue on the next line after a separator, but not after the ellipsis that it begins with.
  const name = (text) => {
    const made = make("b"), pieces = text.match(/[^_/+=,|-]*[_/+=,|-]+|[^_/+=,|-]+/g) || [];
    pieces.forEach((piece, at) => made.append(...(at ? [make("wbr")] : []), make("span", at ? "" : "whole", piece)));
    return made;
  };
  // How many systems predict each label of a text.
  const counts = (i) => {
    const list = make("p", "labels"), gold = set.gold[i], total = set.systems.length;
    const correct = total - hard(i);
    list.append(make("b", "", `all labels correct in ${correct} of ${total} systems`));
    for (let e = 0; e < gold.length; e += 1) {
      const count = set.systems.filter((_, at) => labelsOf(at, i)[e] !== "0").length;
      if (gold[e] === "0" && !count) continue;
      const how = gold[e] === "0" ? "false-positive" : count ? "same" : "false-negative";
      list.append(make("span", `chip ${how === "same" ? "right" : how}`, `${SIGNS[how]} ${set.emotions[e]}, ${count} of ${total}`));
    }
    return list;
  };
  const line = (i, at, named) => {
    const list = make("p", "labels"), gold = set.gold[i], labels = labelsOf(at, i);
    if (named) list.append(name(set.systems[at].name));
    for (let e = 0; e < gold.length; e += 1) {
      if (gold[e] === "0" && labels[e] === "0") continue;
      const how = judge(gold[e], labels[e]);
      const intensities = set.top > 1 ? (how === "same" ? ` ${gold[e]}` : ` ${labels[e]}, gold ${gold[e]}`) : "";
      const chip = make("span", `chip ${how === "same" ? "right" : how === "intensity" ? "false-negative" : how}`, `${SIGNS[how]} ${set.emotions[e]}${intensities}`);
      if (set.sure && Number(at) === 0) chip.append(make("small", "", `${percent(i, e)} %`));
      chip.title = TITLES[how];
      list.append(chip);
    }
    if (!list.querySelector(".chip")) list.append(make("span", "chip none", "✓ no label"));
    return list;
  };

  const draw = () => {
    const words = control.search.value.trim().toLocaleLowerCase();
    const pages = Math.max(1, Math.ceil(found.length / PAGE));
    page = Math.min(Math.max(page, 0), pages - 1);
    const here = found.slice(page * PAGE, (page + 1) * PAGE);
    byId("rows").start = page * PAGE + 1;
    byId("rows").replaceChildren(...here.map((i) => {
      const row = make("li"), what = make("div"), how = make("div");
      const id = make("span", "id");
      id.append(marked(set.ids[i], words));
      what.append(id);
      if (set.texts) {
        const text = make("p", "text");
        text.dir = "auto";
        text.append(marked(set.texts[i], words));
        what.append(text);
      }
      const all = control.second.value === "all", both = all || (rival() && control.second.value !== control.system.value);
      how.append(line(i, control.system.value, both));
      if (all) how.append(counts(i));
      else if (both) how.append(line(i, control.second.value, true));
      row.append(what, how);
      return row;
    }));
    const all = set.ids.length.toLocaleString("en"), some = found.length.toLocaleString("en");
    byId("count").replaceChildren(`${some} of ${all} texts`);
    if (pages > 1) {
      const first = page * PAGE + 1, last = page * PAGE + here.length;
      byId("count").append(make("span", "screen", `, page ${page + 1} of ${pages}`),
        make("span", "paper", `; on paper: ${first.toLocaleString("en")} to ${last.toLocaleString("en")}`));
    }
    for (const one of turns) one.disabled = page === (Number(one.dataset.by) < 0 ? 0 : pages - 1);
    turns.at(-1).parentElement.hidden = pages === 1;
  };

  const turn = (by) => { page += by; draw(); byId("texts").scrollIntoView(); };
  const turns = [...browser.querySelectorAll(".turn button")];
  for (const one of turns) one.addEventListener("click", () => turn(Number(one.dataset.by)));
  listen(browser.querySelector("form"), (changed) => {
    if (changed === control.file) choose(control.file.value);
    if (changed === control.second) kinds();
    look();
  });
  options(control.file, sets.map((one, i) => [i, one.name]));
  browser.querySelector(".file").hidden = sets.length < 2;
  for (const one of browser.querySelectorAll(".system")) one.hidden = sets.every((each) => each.systems.length < 2);
  browser.hidden = false;
  choose(0);
  look();
})();
