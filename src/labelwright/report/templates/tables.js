// Sorting by a click on a heading and a filter box, for tables with data-sort and data-filter.
"use strict";

function value(row, column) {
  const cell = row.cells[column];
  const number = cell.dataset.value;
  return number === undefined ? cell.textContent.trim() : number === "" ? null : Number(number);
}

function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "number" ? a - b : a.localeCompare(b, undefined, { numeric: true });
}

function sortBy(table, heading, column) {
  const rising = heading.getAttribute("aria-sort") !== "ascending";
  const body = table.tBodies[0];
  const rows = Array.from(body.rows).map((row) => [value(row, column), row]);
  // What has no value stays at the end in both directions.
  rows.sort(([a], [b]) => (a === null || b === null || rising ? compare(a, b) : compare(b, a)));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", rising ? "ascending" : "descending");
  body.append(...rows.map(([, row]) => row));
}

function addSorting(table) {
  Array.from(table.tHead.rows[0].cells).forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading, column));
    heading.append(button);
  });
}

function addFilter(table) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const found = document.createElement("output");
  label.className = "filter";
  input.type = "search";
  label.append("Filter rows ", input, " ", found);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLocaleLowerCase();
    const rows = Array.from(table.tBodies[0].rows);
    for (const row of rows) row.hidden = !row.textContent.toLocaleLowerCase().includes(wanted);
    const shown = rows.filter((row) => !row.hidden).length;
    found.textContent = wanted ? `${shown} of ${rows.length}` : "";
  });
  table.parentElement.before(label);
}

document.querySelectorAll("table[data-sort]").forEach(addSorting);
document.querySelectorAll("table[data-filter]").forEach(addFilter);
