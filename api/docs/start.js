// Each example works after those above it: the order is that of the document's
// story. What a document cannot say, the page fills in: what time it is, and the
// ids that the server makes.

// The document tells its examples as of x-examples-at; here they are as of now.
function asOfNow(text) {
  const then = Date.parse(JSON.parse(text).info["x-examples-at"]);
  const late = Date.now() - then;
  const near = (ms) => Math.abs(ms - then) < 400 * 86400000;
  const moved = (ms) => new Date(ms + late).toISOString();
  return JSON.parse(text, (key, value) => {
    if (typeof value === "number") return value > 1e12 && near(value) ? value + late : value;
    if (typeof value !== "string" || key.startsWith("x-")) return value;
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && near(Date.parse(value))) return moved(Date.parse(value)).replace(/\.\d+Z$/, "Z");
    if (/^\d{4}-\d\d-\d\d$/.test(value) && near(Date.parse(value))) return moved(Date.parse(value)).slice(0, 10);
    return value;
  });
}

// Which row of a list the operations below it are tried with.
const oneOf = {
  "/v1/reminders": (row) => row.kind !== "warning" && ["due", "sent", "snoozed"].includes(row.state),
  "/v1/reminders/{id}/calm": (row) => row.one_tap && ["due", "sent", "scheduled"].includes(row.state),
  "/v1/devices": (row) => row.name.startsWith("Ann's tablet"),
};

function fillIn(doc, collection, rows) {
  for (const [path, item] of Object.entries(doc.paths)) {
    if (!path.startsWith(collection + "/{id}")) continue;
    const row = rows.find(oneOf[path] ?? oneOf[collection] ?? (() => true));
    for (const [method, operation] of Object.entries(item)) {
      const open = operation.parameters?.find((p) => p.in === "path" && p.name === "id" && p.example === undefined);
      if (row && open) ui.specActions.changeParam([path, method], "id", "path", row.id, false);
    }
  }
}

// A stream has no end to wait for: two seconds of it are shown.
async function beginning(url, options) {
  const answer = await fetch(url, options);
  const reader = answer.body.getReader(), chunks = [];
  setTimeout(() => reader.cancel(), 2000);
  for (let part = await reader.read(); !part.done; part = await reader.read()) chunks.push(part.value);
  return new Response(new Blob(chunks), { status: answer.status, headers: answer.headers });
}

let ui;
fetch("/openapi.json").then((answer) => answer.text()).then((text) => {
  const doc = asOfNow(text);
  // validatorUrl would send the document to a public service: it stays off.
  ui = SwaggerUIBundle({
    spec: doc,
    dom_id: "#swagger-ui",
    validatorUrl: null,
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: -1, // each operation shows its own
    syntaxHighlight: { activated: false }, // it takes seconds for the catalogue
    persistAuthorization: true,
    tryItOutEnabled: true,
    operationsSorter: (a, b) => a.getIn(["operation", "x-order"]) - b.getIn(["operation", "x-order"]),
    presets: [SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      if (new URL(request.url).pathname.endsWith("/pullStream")) request.userFetch = beginning;
      return request;
    },
    responseInterceptor: (answer) => {
      const rows = answer.body?.items;
      if (answer.ok && Array.isArray(rows)) fillIn(doc, new URL(answer.url).pathname, rows);
      return answer;
    },
  });
});
