// The page of a review: one record at a time, every decision kept in the browser at once.
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const records = data.records;
const place = `labelwright-review-${data.review}`;
const at = (id) => document.getElementById(id);
const state = read();
let storing = true;

function empty() {
  return { reviewer: "", at: 0, decisions: {}, undo: [], downloaded: true };
}

function read() {
  try {
    return { ...empty(), ...JSON.parse(localStorage.getItem(place)) };
  } catch {
    return empty();
  }
}

function store() {
  try {
    localStorage.setItem(place, JSON.stringify(state));
  } catch {
    storing = false;
    warn("This browser keeps nothing for this page: download the decisions before you close it.");
  }
}

function warn(text) {
  at("warning").textContent = text;
  at("warning").hidden = !text;
}

function decided() {
  return Object.values(state.decisions).filter((one) => one.decision).length;
}

function decisionOf(number) {
  return state.decisions[number]?.decision ?? null;
}

// The first undecided record after this one, from the front again after the last.
function nextOpen(from) {
  for (let step = 1; step <= records.length; step++) {
    const number = (from + step) % records.length;
    if (!decisionOf(number)) return number;
  }
  return null;
}

function change(number, decision, comment) {
  state.undo.push({ number, before: state.decisions[number] ?? null });
  if (state.undo.length > 1000) state.undo.shift();
  state.decisions[number] = { decision, comment, time: new Date().toISOString() };
  state.downloaded = false;
}

function decide(decision) {
  const number = state.at;
  if (!records.length) return;
  change(number, decision, at("comment").value.trim());
  at("filter").value = "";
  const open = nextOpen(number);
  go(open ?? number);
  if (open === null) warn("All records are decided. Download the decisions and pass the file on.");
}

function keepComment() {
  const comment = at("comment").value.trim();
  const before = state.decisions[state.at];
  if (comment === (before?.comment ?? "")) return;
  change(state.at, before?.decision ?? null, comment);
  // Nothing is drawn anew: the click that took the focus away is still to find its button.
  store();
  showProgress();
}

function go(number) {
  if (!records.length) return;
  state.at = (number + records.length) % records.length;
  warn("");
  show();
  window.scrollTo(0, 0);
}

function undo() {
  const last = state.undo.pop();
  if (!last) return;
  if (last.before) state.decisions[last.number] = last.before;
  else delete state.decisions[last.number];
  state.downloaded = false;
  go(last.number);
}

function skip() {
  go(nextOpen(state.at) ?? state.at + 1);
}

function make(tag, text, name) {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (name) element.className = name;
  return element;
}

function showRecord(record) {
  at("place").textContent = `${state.at + 1} of ${records.length}, ${data.id_name}`;
  at("name").textContent = record.id;
  const many = record.fields.length > 1;
  at("fields").replaceChildren(...record.fields.flatMap(([name, text]) => {
    const body = make("p", text, "text");
    body.dir = "auto";
    return many ? [make("h2", name), body] : [body];
  }));
  const facts = [["Label now", record.label ?? "none"], ["Suggested", record.suggested]];
  if (record.quality !== null) facts.push(["Belief in the label", record.quality.toFixed(2)]);
  at("facts").replaceChildren(...facts.map(([name, value]) => {
    const fact = make("div");
    fact.append(make("dt", name), make("dd", value));
    return fact;
  }));
  at("why").textContent = [record.kind, record.why].filter(Boolean).join(": ");
}

function showClasses(record, chosen) {
  const wanted = at("filter").value.trim().toLocaleLowerCase();
  at("classes").replaceChildren(...data.classes.map(({ name, definition }, number) => {
    const button = make("button", name);
    button.type = "button";
    button.title = definition;
    if (number < 9) button.append(make("kbd", String(number + 1)));
    if (name === record.label) button.append(make("span", "label now", "is"));
    else if (name === record.suggested) button.append(make("span", "suggested", "is"));
    button.setAttribute("aria-pressed", String(name === chosen));
    button.hidden = Boolean(wanted) && !name.toLocaleLowerCase().includes(wanted);
    button.addEventListener("click", () => decide(name));
    return button;
  }));
  at("unsure").setAttribute("aria-pressed", String(data.unsure === chosen));
}

function showProgress() {
  const n = decided();
  at("count").textContent = `${n} of ${records.length} decided`;
  at("saved").textContent = !storing || !n ? "" :
    state.downloaded ? "· downloaded" : "· kept in this browser, not downloaded yet";
  const bar = at("bar");
  bar.setAttribute("aria-valuemax", String(records.length));
  bar.setAttribute("aria-valuenow", String(n));
  bar.firstElementChild.style.width = `${records.length ? (100 * n) / records.length : 0}%`;
  at("download").disabled = !n;
  at("undo").disabled = !state.undo.length;
}

function show() {
  const record = records[state.at];
  if (record) {
    showRecord(record);
    showClasses(record, decisionOf(state.at));
    at("comment").value = state.decisions[state.at]?.comment ?? "";
  }
  store();
  showProgress();
}

function download() {
  if (!state.reviewer.trim()) {
    at("reviewer").classList.add("wanted");
    at("reviewer").focus();
    warn("First your name, so that it is known who decided.");
    return;
  }
  const decisions = Object.entries(state.decisions)
    .filter(([, one]) => one.decision)
    .map(([number, one]) => ({
      record: `lw-${data.review}-${Number(number) + 1}`,
      id: records[number].id,
      ...one,
    }));
  const reviewer = state.reviewer.trim();
  const content = { format: 1, kind: "decisions", review: data.review, reviewer, decisions };
  const blob = new Blob([JSON.stringify(content, null, 1) + "\n"], { type: "application/json" });
  const link = make("a");
  const who = reviewer.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "") || "reviewer";
  link.download = `decisions_${who}_${decisions.length}_of_${records.length}.json`;
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  state.downloaded = true;
  warn("");
  store();
  showProgress();
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const record = records[state.at];
  const number = "123456789".indexOf(event.key);
  const actions = {
    ArrowLeft: () => go(state.at - 1),
    ArrowRight: () => go(state.at + 1),
    0: () => decide(data.unsure),
    k: () => record?.label !== null && decide(record.label),
    t: () => decide(record.suggested),
    s: skip,
    u: undo,
    c: () => at("comment").focus(),
  };
  const action = number >= 0
    ? data.classes[number] && (() => decide(data.classes[number].name))
    : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function explainClasses() {
  const told = data.classes.filter((one) => one.definition);
  at("meaning").hidden = !told.length;
  at("meaning").querySelector("dl").append(...told.flatMap((one) => [
    make("dt", one.name), make("dd", one.definition),
  ]));
}

at("unsure").append(data.unsure, make("kbd", "0"));
at("filter").hidden = data.classes.length <= 9;
at("filter").addEventListener("input", show);
at("filter").addEventListener("keydown", (event) => {
  const first = at("classes").querySelector("button:not([hidden])");
  if (event.key === "Enter" && first) first.click();
});
at("reviewer").value = state.reviewer;
at("reviewer").addEventListener("input", (event) => {
  state.reviewer = event.target.value;
  event.target.classList.remove("wanted");
  warn("");
  store();
});
at("comment").addEventListener("change", keepComment);
at("unsure").addEventListener("click", () => decide(data.unsure));
at("skip").addEventListener("click", skip);
at("undo").addEventListener("click", undo);
at("back").addEventListener("click", () => go(state.at - 1));
at("next").addEventListener("click", () => go(state.at + 1));
at("download").addEventListener("click", download);
document.addEventListener("keydown", press);
window.addEventListener("beforeunload", (event) => {
  if (!storing && decided() && !state.downloaded) event.preventDefault();
});
explainClasses();
show();
