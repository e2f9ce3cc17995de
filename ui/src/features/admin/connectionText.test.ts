import { expect, it } from "vitest";
import { environmentName, jsonOf, uriOf } from "./connectionText";

const warehouse = {
  conn_type: "postgres",
  host: "db.internal",
  login: "e@tl",
  password: "***",
  port: 5432,
  schema: "dwh",
  extra: '{"sslmode": "require", "api_key": "***"}',
};
const bare = { host: null, login: null, password: null, port: null, schema: null, extra: null };

it("is an address, with parts that are no letters written safely", () => {
  expect(uriOf(warehouse)).toBe("postgres://e%40tl:***@db.internal:5432/dwh?sslmode=require&api_key=***");
  expect(uriOf({ ...bare, conn_type: "google_cloud_platform" })).toBe("google-cloud-platform://");
});

it("has an extra of more than texts as one parameter", () => {
  expect(uriOf({ ...bare, conn_type: "http", host: "api", extra: '{"timeout":20}' })).toBe(
    "http://api/?__extra__=%7B%22timeout%22%3A20%7D",
  );
});

it("is a JSON object without what is empty", () => {
  expect(JSON.parse(jsonOf(warehouse))).toEqual({
    ...warehouse,
    extra: { sslmode: "require", api_key: "***" },
  });
  expect(JSON.parse(jsonOf({ ...bare, conn_type: "fs" }))).toEqual({ conn_type: "fs" });
});

it("has a variable of the environment", () => {
  expect(environmentName("my_db")).toBe("AIRFLOW_CONN_MY_DB");
});
