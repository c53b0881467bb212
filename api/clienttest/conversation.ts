// One person's way through the API, as an app would call it: without a cast, a
// non-null assertion or a field that means nothing. It compiles only as long as
// the document says what the server does.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Problem = components["schemas"]["Problem"];

function must<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) {
    throw new Error(answer.error ? `${answer.error.code}: ${answer.error.detail ?? ""}` : "no body");
  }
  return answer.data;
}

function first<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error("an empty list");
  return row;
}

async function play(baseUrl: string): Promise<void> {
  const anyone = createClient<paths>({ baseUrl });
  const meta = must(await anyone.GET("/v1/meta"));
  const ago = (hours: number) => new Date(Date.parse(meta.server_time) - hours * 3_600_000).toISOString();

  const signedIn = must(await anyone.POST("/v1/accounts", {
    body: {
      time_zone: "Europe/Berlin",
      consent: { health_data: true, version: "1" },
      device: { name: "my phone", platform: "web" },
    },
  }));
  const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${signedIn.token}` } });

  must(await api.PUT("/v1/sessions/{id}", {
    params: { path: { id: "my-first-session" } },
    body: { started_at: ago(50), needle_mm: 0.5, areas: ["crown"], products: [{ kind: "minoxidil" }] },
  }));
  const report = must(await api.PUT("/v1/reports/{id}", {
    params: { path: { id: "my-first-report" } },
    body: { observed_at: ago(1), erythema: 2, discharge: ["yellow_green"], odour: "no" },
  }));
  if (report.assessment?.tier !== "same_day") throw new Error(`tier ${report.assessment?.tier}`);

  const changed = must(await api.PATCH("/v1/reports/{id}", {
    params: { path: { id: report.id }, header: { "If-Match": `"v${report.version}"` } },
    body: { note: "since this morning", itch: null },
  }));
  if (changed.version !== report.version + 1) throw new Error(`version ${changed.version}`);

  const rest = must(await api.GET("/v1/rest"));
  if (rest.state !== "blocked") throw new Error(`rest ${rest.state}`);
  const plan = must(await api.GET("/v1/plan"));
  if (!plan.items.some((step) => step.kind === "check_in")) throw new Error("no check-in is planned");

  const warning = first(must(await api.GET("/v1/warnings", { params: { query: { state: ["active"] } } })).items);
  const acknowledged = must(await api.POST("/v1/warnings/{id}/acknowledge", {
    params: { path: { id: warning.id } },
    body: { action: "booked" },
  }));
  if (acknowledged.state !== "acknowledged") throw new Error(`warning ${acknowledged.state}`);

  const undone = await api.DELETE("/v1/warnings/{id}/acknowledgement", { params: { path: { id: warning.id } } });
  if (undone.error) throw new Error(undone.error.code);
  const again = must(await api.GET("/v1/warnings/{id}", { params: { path: { id: warning.id } } }));
  if (again.state !== "active" || again.action !== null) throw new Error(`taken back, the warning is ${again.state}`);

  const visit = must(await api.POST("/v1/clinician-events", {
    body: { episode_id: warning.episode_id, at: ago(0.5), outcome: "cleared" },
  }));
  if (visit.outcome !== "cleared") throw new Error(`outcome ${visit.outcome}`);
  const page = must(await api.POST("/v1/doctor-reports", {
    body: { from: ago(100), to: ago(0), include: ["sessions", "reports", "warnings"], questions: "May I roll again?" },
  }));
  const pages = must(await api.GET("/v1/doctor-reports"));
  if (first(pages.items).id !== page.id || page.url === "") throw new Error("the page for the doctor is not listed");
  must(await api.PATCH("/v1/account", { body: { notify: { progress: false }, risks: ["diabetes", { code: "keloid", active: false }] } }));
  console.log([report.assessment.tier, rest.state, acknowledged.state, again.state, visit.outcome].join("|"));
}

const [, , baseUrl] = process.argv;
if (baseUrl === undefined) throw new Error("usage: node conversation.js URL");
await play(baseUrl);
