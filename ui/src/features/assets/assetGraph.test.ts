import { describe, expect, it } from "vitest";
import { type Asset, around, assetNode, dagNode, lineageOf } from "./assetGraph";

const asset = (name: string, producers: string[], consumers: string[], scheduled: string[] = []): Asset => ({
  name,
  uri: `s3://${name}`,
  group: "asset",
  producers: producers.map((dag_id) => ({ dag_id, task_id: "t" })),
  consumers,
  scheduled,
});
const raw = asset("raw", ["fetch"], ["report", "tidy"], ["tidy"]);
const clean = asset("clean", ["tidy"], ["report"], ["report"]);
const alone = asset("alone", ["other"], []);

describe("the lineage of assets", () => {
  const lineage = lineageOf([raw, clean, alone], "schedules");

  it("draws each DAG and asset once, and says which edges start a DAG", () => {
    expect(lineage.nodes.map((node) => node.label).sort()).toEqual(
      ["alone", "clean", "fetch", "other", "raw", "report", "tidy"].sort(),
    );
    const label = (source: string, target: string) =>
      lineage.edges.find((edge) => edge.source === source && edge.target === target)?.label;
    expect(label(dagNode("fetch"), assetNode(raw))).toBeNull();
    expect(label(assetNode(raw), dagNode("tidy"))).toBe("schedules");
    expect(label(assetNode(raw), dagNode("report"))).toBeNull();
  });

  it("tells two assets of one name apart by their addresses", () => {
    const other = { ...raw, uri: "s3://elsewhere" };
    expect(lineageOf([raw, other], "").nodes.filter((node) => node.kind === "asset")).toHaveLength(2);
  });

  it("keeps a DAG that both makes and uses an asset", () => {
    const own = lineageOf([asset("loop", ["same"], ["same"])], "");
    expect(own.edges).toHaveLength(2);
  });

  it("shows what leads to the node in focus and what comes of it", () => {
    const labels = around(lineage, assetNode(clean)).nodes.map((node) => node.label);
    expect(labels.sort()).toEqual(["clean", "fetch", "raw", "report", "tidy"]);
    expect(around(lineage, "asset:gone").nodes).toHaveLength(7);
    expect(around(lineage, undefined)).toBe(lineage);
  });
});
