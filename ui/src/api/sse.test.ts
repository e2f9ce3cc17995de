import { describe, expect, it } from "vitest";
import { EventParser } from "./sse";

const stream = 'id: 7\nevent: notice\ndata: {"a":1}\n\n: heartbeat\n\nid: 8\ndata: one\ndata: two\r\n\r\n';
const events = [
  { id: "7", event: "notice", data: '{"a":1}' },
  { id: "8", event: "message", data: "one\ntwo" },
];

describe("an event stream", () => {
  it("gives the same events wherever it is cut", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const parser = new EventParser();
      expect([...parser.feed(stream.slice(0, cut)), ...parser.feed(stream.slice(cut))]).toEqual(events);
    }
  });

  it("gives the same events letter by letter", () => {
    const parser = new EventParser();
    expect([...stream].flatMap((letter) => parser.feed(letter))).toEqual(events);
  });

  it("gives nothing for a heartbeat and holds back what is not finished", () => {
    const parser = new EventParser();
    expect(parser.feed(": beat\n\ndata: half")).toEqual([]);
    expect(parser.feed("\n\n")).toEqual([{ id: null, event: "message", data: "half" }]);
  });
});
