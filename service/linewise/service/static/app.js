"use strict";

// What is typed is labelled as it is typed; larger texts wait for the button, so that typing stays quick.
const LARGEST_LIVE_TEXT = 200_000;
const TYPING_PAUSE_MS = 300;
// A table of more rows makes browsers slow, and nobody reads it.
const MOST_ROWS = 3_000;
const MOST_BARS = 12;

const REGIONS = ["in_type", "in_function", "in_loop", "in_conditional", "in_exception"];

const byId = (id) => document.getElementById(id);
const source = byId("source");
const status = byId("status");
const table = byId("lines");
const rows = table.tBodies[0];
const tooltip = byId("probabilities");

/** Each label's name → {name, group, meaning}, as the service tells them. */
const labels = new Map();
const languageTitles = new Map();
let answer = null;
let pending = null;
let timer = 0;

/** A new element with properties, data attributes and children; text is never read as HTML. */
function make(tag, { data = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

function percent(share) {
  return `${(share * 100).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
}

/** The lines of a text, ended by the same line breaks as in the service. */
function linesOf(text) {
  const lines = text.split(/\r\n|\n|\r/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Ask the service; where it demands an API key, ask for one and keep it until the tab is closed. */
async function ask(address, options = {}) {
  const send = () => {
    const key = sessionStorage.getItem("key");
    const headers = key ? { ...options.headers, Authorization: `Bearer ${key}` } : options.headers;
    return fetch(address, { ...options, headers });
  };
  const response = await send();
  if (response.status !== 401) return response;
  const key = prompt("This service answers with an API key only:");
  if (!key) return response;
  sessionStorage.setItem("key", key.trim());
  return send();
}

async function getJson(address, options) {
  const response = await ask(address, options);
  const body = await response.json();
  if (!response.ok) {
    const reasons = (body.errors ?? []).map((error) => `${error.location}: ${error.reason}`);
    throw new Error([body.detail, ...reasons].join("; "));
  }
  return body;
}

function say(...parts) {
  status.classList.remove("failed");
  status.replaceChildren(...parts);
}

function sayFailed(error) {
  status.classList.add("failed");
  status.replaceChildren(make("strong", {}, "Not labelled."), ` ${error.message}`);
}

function chip(name, share, uncertain) {
  const label = labels.get(name) ?? { group: "", meaning: "" };
  const chance = share === undefined ? "" : ` (${percent(share)})`;
  return make(
    "span",
    {
      className: uncertain ? "chip uncertain" : "chip",
      data: { label: name, group: label.group },
      title: `${name}${chance}: ${label.meaning}${uncertain ? "; uncertain" : ""}`,
    },
    name,
  );
}

/** One bar for each kind of region, so that a region is one column down its lines. */
function rails(line) {
  const bars = REGIONS.map((name) => {
    const state = line.labels.includes(name) ? "in" : line.uncertain.includes(name) ? "maybe" : "";
    return make("i", { className: state, data: { label: name } });
  });
  const cell = make("td", { className: "rails", ariaHidden: "true" });
  cell.append(make("div", {}, ...bars));
  return cell;
}

function row(line, text, place) {
  const share = (name) => line.probabilities?.[place.get(name)];
  const chips = [
    ...line.labels.map((name) => chip(name, share(name), false)),
    ...line.uncertain.filter((name) => !line.labels.includes(name)).map((name) => chip(name, share(name), true)),
  ];
  return make(
    "tr",
    { tabIndex: -1, data: { number: line.number } },
    make("td", { className: "number" }, String(line.number)),
    rails(line),
    make("td", { className: "source", title: text.length > 200 ? "" : text }, text.slice(0, 2000)),
    make("td", { className: "labels" }, ...chips),
  );
}

function show(text, milliseconds) {
  const lines = linesOf(text);
  const place = new Map((answer.label_order ?? []).map((name, index) => [name, index]));
  const shown = answer.lines.slice(0, MOST_ROWS);
  rows.replaceChildren(...shown.map((line) => row(line, lines[line.number - 1] ?? "", place)));
  if (rows.firstElementChild) rows.firstElementChild.tabIndex = 0;
  byId("empty").hidden = shown.length > 0;
  const title = languageTitles.get(answer.language) ?? answer.language ?? "no language";
  const told = byId("language").value ? "told" : percent(answer.language_score);
  const count = answer.lines.length.toLocaleString("en");
  const cut = shown.length < answer.lines.length ? `, the first ${MOST_ROWS.toLocaleString("en")} shown` : "";
  say(
    make("span", {}, make("strong", {}, title), ` (${told})`),
    make("span", {}, `${count} ${answer.lines.length === 1 ? "line" : "lines"}${cut}`),
    make("span", { className: "cost" }, `${milliseconds.toFixed(0)} ms`),
    make("span", { title: answer.model_digest }, "model ", make("code", {}, answer.model_digest.slice(0, 10))),
  );
}

async function classify() {
  clearTimeout(timer);
  pending?.abort();
  pending = new AbortController();
  const { signal } = pending;
  hideProbabilities();
  const text = source.value;
  const request = { text, context: byId("context").value, mode: byId("mode").value, scores: true };
  if (byId("language").value) request.language = byId("language").value;
  const started = performance.now();
  try {
    answer = await getJson("/v1/classify", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
      signal,
    });
    show(text, performance.now() - started);
  } catch (error) {
    if (error.name !== "AbortError") sayFailed(error);
  }
}

function classifySoon() {
  clearTimeout(timer);
  if (source.value.length <= LARGEST_LIVE_TEXT) timer = setTimeout(classify, TYPING_PAUSE_MS);
  else say("A large text: press the button, or Ctrl+Enter, to label it.");
}

function hideProbabilities() {
  tooltip.hidden = true;
  rows.querySelector("[aria-describedby]")?.removeAttribute("aria-describedby");
}

/** All labels of a line from the likeliest down, beside the line. */
function showProbabilities(line, element) {
  if (!line?.probabilities) return;
  hideProbabilities();
  const ranked = answer.label_order
    .map((name, index) => ({ name, share: line.probabilities[index] }))
    .sort((a, b) => b.share - a.share);
  const likely = ranked.slice(0, MOST_BARS).filter(({ share }, index) => share >= 0.01 || index < 3);
  const items = likely.map(({ name, share }) => {
    const bar = make("div", { data: { label: name } });
    bar.style.setProperty("--share", share * 100);
    return make(
      "li",
      { className: line.labels.includes(name) ? "has" : "" },
      make("span", {}, name),
      make("div", { className: "track" }, bar),
      make("span", { className: "value" }, percent(share)),
    );
  });
  const rest = ranked.length - likely.length;
  const least = percent(likely.at(-1).share);
  tooltip.replaceChildren(make("h3", {}, `Line ${line.number}`), make("ul", {}, ...items));
  if (rest > 0) tooltip.append(make("p", {}, `${rest} others at most ${least}`));
  tooltip.hidden = false;
  element.setAttribute("aria-describedby", tooltip.id);
  const place = element.getBoundingClientRect();
  const below = place.bottom + 6;
  const fits = below + tooltip.offsetHeight <= window.innerHeight;
  // Left of the labels, so that those of the neighbouring lines stay in sight.
  const right = element.lastElementChild.getBoundingClientRect().left;
  tooltip.style.left = `${Math.max(8, right - tooltip.offsetWidth - 8)}px`;
  tooltip.style.top = `${fits ? below : Math.max(8, place.top - tooltip.offsetHeight - 6)}px`;
}

function rowOf(event) {
  const element = event.target.closest("tr[data-number]");
  return element && [answer.lines[Number(element.dataset.number) - 1], element];
}

function moveFocus(event) {
  const current = event.target.closest("tr[data-number]");
  const next = { ArrowDown: current?.nextElementSibling, ArrowUp: current?.previousElementSibling }[event.key];
  if (event.key === "Escape") hideProbabilities();
  if (!next) return;
  event.preventDefault();
  current.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

async function fillVocabulary() {
  const [vocabulary, known] = await Promise.all([getJson("/v1/labels"), getJson("/v1/languages")]);
  for (const label of vocabulary.labels) labels.set(label.name, label);
  for (const { name, title } of known.languages) {
    languageTitles.set(name, title);
    byId("language").append(new Option(title, name));
  }
  const headings = {
    surface: "Surface: what stands on the line",
    construct: "Construct: what begins on the line",
    region: "Region: what the line is part of",
  };
  for (const [group, heading] of Object.entries(headings)) {
    const members = vocabulary.labels.filter((label) => label.group === group);
    const terms = members.flatMap(({ name, meaning }) => [
      make("dt", {}, chip(name)),
      make("dd", {}, meaning),
    ]);
    byId("groups").append(make("div", {}, make("h3", {}, heading), make("dl", {}, ...terms)));
  }
}

function choose(example) {
  source.value = example.text;
  byId("context").value = example.context;
  byId("language").value = "";
  classify();
}

function listen() {
  source.addEventListener("input", classifySoon);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) classify();
  });
  byId("options").addEventListener("submit", (event) => {
    event.preventDefault();
    classify();
  });
  byId("options").addEventListener("change", classify);
  byId("example").addEventListener("change", (event) => {
    const example = window.LINEWISE_EXAMPLES[event.target.value];
    if (example) choose(example);
  });
  for (const box of document.querySelectorAll("input[name=group]")) {
    box.addEventListener("change", () => table.classList.toggle(`hide-${box.value}`, !box.checked));
  }
  rows.addEventListener("mouseover", (event) => showProbabilities(...(rowOf(event) ?? [])));
  rows.addEventListener("mouseleave", hideProbabilities);
  rows.addEventListener("focusin", (event) => showProbabilities(...(rowOf(event) ?? [])));
  rows.addEventListener("focusout", hideProbabilities);
  rows.addEventListener("keydown", moveFocus);
  byId("scroller").addEventListener("scroll", hideProbabilities);
}

async function start() {
  window.LINEWISE_EXAMPLES.forEach((example, index) => byId("example").append(new Option(example.title, index)));
  listen();
  try {
    await fillVocabulary();
    if (source.value === "") {
      byId("example").value = "0";
      choose(window.LINEWISE_EXAMPLES[0]);
    } else await classify();
  } catch (error) {
    sayFailed(error);
  }
}

start();
