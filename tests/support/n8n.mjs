// A host of n8n workflows, as far as the example needs one: runs the nodes from the manual trigger on, each with its
// expressions, and prints the item that the last one leaves.
//
//   node n8n.mjs WORKFLOW.json FIELD=VALUE...   (the fields replace those of the first Set node)
import { readFileSync } from "node:fs";

const [path, ...changes] = process.argv.slice(2);
const { nodes, connections } = JSON.parse(readFileSync(path, "utf8"));
const given = Object.fromEntries(changes.map((change) => [change.slice(0, change.indexOf("=")), change.slice(change.indexOf("=") + 1)]));
const made = new Map(); // name of a node -> the item it has left

// The value of a parameter: a text that begins with "=" is a template whose {{ }} are expressions.
function value(text, $json) {
  if (typeof text !== "string" || !text.startsWith("=")) return text;
  const $ = (name) => ({ first: () => ({ json: made.get(name) }) });
  const run = (code) => new Function("$json", "$", `return (${code})`)($json, $);
  const whole = text.match(/^=\{\{((?:(?!\}\}).)*)\}\}$/s);
  return whole ? run(whole[1]) : text.slice(1).replace(/\{\{(.*?)\}\}/gs, (_, code) => run(code));
}

const TYPES = {
  manualTrigger: () => [{}],
  set({ assignments }, $json) {
    const fields = assignments.assignments.map(({ name, value: text }) => [name, value(text, $json)]);
    return [{ ...Object.fromEntries(fields), ...($json.server === undefined && made.size === 1 ? given : {}) }];
  },
  async httpRequest({ method, url, jsonBody }, $json) {
    const body = value(jsonBody, $json);
    JSON.parse(body);
    const response = await fetch(value(url, $json), { method, body, headers: { "content-type": "application/json" } });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return [await response.json()];
  },
  if({ conditions: { combinator, conditions } }, $json) {
    const met = conditions.map(({ leftValue, rightValue, operator }) => {
      const left = value(leftValue, $json);
      if (operator.operation !== "equals" || typeof left !== operator.type) throw new Error(`not comparable: ${left}`);
      return left === value(rightValue, $json);
    });
    const yes = combinator === "or" ? met.some(Boolean) : met.every(Boolean);
    return yes ? [$json, null] : [null, $json];
  },
  stopAndError({ errorMessage }, $json) {
    throw new Error(value(errorMessage, $json));
  },
};

let name = nodes.find(({ type }) => type.endsWith(".manualTrigger")).name;
let item = {};
for (;;) {
  const { type, parameters } = nodes.find((node) => node.name === name);
  const outputs = await TYPES[type.replace("n8n-nodes-base.", "")](parameters, item);
  const output = outputs.findIndex(Boolean);
  item = outputs[output];
  made.set(name, item);
  const next = connections[name]?.main[output]?.[0];
  if (!next) break;
  name = next.node;
}
console.log(JSON.stringify(item));
