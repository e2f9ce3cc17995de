import { type Schema, Validator } from "@cfworker/json-schema";

/** A param of the trigger form, read from its JSON Schema as Airflow writes it. */
export interface Field {
  name: string;
  title: string;
  description: string;
  kind:
    | "text"
    | "multiline"
    | "number"
    | "integer"
    | "boolean"
    | "choice"
    | "list"
    | "json"
    | "date"
    | "datetime"
    | "time";
  nullable: boolean;
  /** Of a choice: what may be chosen, with the words that are shown. */
  choices: readonly { value: string; label: string }[];
  minimum?: number;
  maximum?: number;
  section: string;
  initial: unknown;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const typesOf = (schema: Json): string[] =>
  Array.isArray(schema.type) ? schema.type.map(String) : typeof schema.type === "string" ? [schema.type] : [];

function kindOf(schema: Json, types: readonly string[]): Field["kind"] {
  if (Array.isArray(schema.enum)) return "choice";
  const [type] = types.filter((name) => name !== "null");
  switch (type) {
    case "boolean":
    case "number":
    case "integer":
      return type;
    case "array":
      return isObject(schema.items) && typesOf(schema.items).some((name) => name !== "string")
        ? "json"
        : "list";
    case "string":
      if (schema.format === "date") return "date";
      if (schema.format === "date-time") return "datetime";
      if (schema.format === "time") return "time";
      return schema.format === "multiline" ? "multiline" : "text";
    case "object":
      return "json";
    default:
      // Without a type any JSON may be given; a text default is most likely meant to stay a text.
      return typeof schema.default === "string"
        ? "text"
        : typeof schema.default === "boolean"
          ? "boolean"
          : "json";
  }
}

/** The fields of a trigger form, in the order of the DAG file; params that are constants are left out. */
export function fieldsOf(schema: Json): Field[] {
  const properties = isObject(schema.properties) ? schema.properties : {};
  return Object.entries(properties).flatMap(([name, raw]) => {
    const one = isObject(raw) ? raw : {};
    if ("const" in one) return [];
    const types = typesOf(one);
    const shown = isObject(one.values_display) ? one.values_display : {};
    return [
      {
        name,
        title: typeof one.title === "string" ? one.title : name,
        description:
          typeof one.description_md === "string"
            ? one.description_md
            : typeof one.description === "string"
              ? one.description
              : "",
        kind: kindOf(one, types),
        nullable: types.includes("null"),
        choices: Array.isArray(one.enum)
          ? one.enum.map((value) => ({
              value: JSON.stringify(value),
              label: String(shown[String(value)] ?? value),
            }))
          : [],
        ...(typeof one.minimum === "number" ? { minimum: one.minimum } : {}),
        ...(typeof one.maximum === "number" ? { maximum: one.maximum } : {}),
        section: typeof one.section === "string" ? one.section : "",
        initial: one.default ?? null,
      },
    ];
  });
}

/** What the run gets when nothing is changed: the defaults. */
export const defaultsOf = (fields: readonly Field[]): Json =>
  Object.fromEntries(fields.map((field) => [field.name, field.initial]));

/** Name of a param → what is wrong with its value, as JSON Schema says it. Empty: everything fits. */
export function problemsOf(schema: Json, values: Json): Record<string, string> {
  const properties = isObject(schema.properties) ? schema.properties : {};
  const problems: Record<string, string> = {};
  for (const [name, raw] of Object.entries(properties)) {
    if (!isObject(raw)) continue;
    const value = name in values ? values[name] : raw.default;
    const result = new Validator(raw as Schema, "2020-12", false).validate(value ?? null);
    if (!result.valid) problems[name] = result.errors.at(-1)?.error ?? "invalid";
  }
  return problems;
}

export type Parsed = { ok: true; value: Json } | { ok: false; problem: string };

/** The JSON editor's text as parameters; empty counts as none. */
export function parseConf(text: string): Parsed {
  if (!text.trim()) return { ok: true, value: {} };
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? { ok: true, value } : { ok: false, problem: "object" };
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : String(error) };
  }
}

export const printConf = (conf: unknown): string => JSON.stringify(conf ?? {}, null, 2);

/** What is sent: only what differs from the defaults, and what the DAG does not declare. */
export function changedFrom(defaults: Json, values: Json): Json {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([name, value]) => !(name in defaults) || JSON.stringify(defaults[name]) !== JSON.stringify(value),
    ),
  );
}
