// Compiles only while the types that are made of the document are those of the API.
import createClient from "openapi-fetch";
import type { components, paths } from "./clearway.js";

type NewReport = components["schemas"]["NewReport"];
type Message = components["schemas"]["AlertMessage"];

const client = createClient<paths>({ baseUrl: "http://127.0.0.1:8080" });

export async function report(found: NewReport): Promise<string> {
  const { data, error } = await client.POST("/v1/incidents", {
    params: { header: { "Idempotency-Key": "first" } },
    body: found,
  });
  if (error !== undefined) throw new Error(`${error.code}: ${error.detail ?? ""}`);
  return data.incident_id;
}

export async function active(): Promise<string[]> {
  const { data } = await client.GET("/v1/incidents", { params: { query: { hazard_state: ["active"], limit: 10 } } });
  return (data?.items ?? []).map((incident) => incident.location.place_name ?? incident.incident_id);
}

// What a thin message leaves out is null, and named.
export function said(message: Message): string {
  return message.data.headline ?? message.data.why_thin ?? "";
}

// @ts-expect-error A category that does not exist is refused before it is sent.
export const wrong: NewReport["category"] = "teapot";
