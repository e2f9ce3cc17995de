import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Suspense } from "react";
import { beforeEach, describe, expect, it } from "vitest";
import { queries, renderInside } from "@/test/app";
import { aSession, noSession } from "@/test/factories/session";
import { refusal, serve } from "@/test/server";
import { mayEnter, useChangePassword, useLogIn, useLogOut, usePermission, useSession } from "./session";

beforeEach(() => queries.clear());

describe("who may enter", () => {
  it("is everybody with an account, and the public where it may see something", () => {
    expect(mayEnter(aSession({ permissions: [] }))).toBe(true);
    expect(mayEnter(noSession())).toBe(false);
    expect(mayEnter(noSession({ permissions: ["can_read on DAGs"] }))).toBe(true);
  });
});

function Account() {
  const { user } = useSession();
  const edits = usePermission("can_edit on DAGs");
  const logIn = useLogIn();
  const logOut = useLogOut();
  const change = useChangePassword();
  return (
    <>
      <p>{user ? `${user.username} ${edits ? "edits" : "reads"}` : "nobody"}</p>
      <button type="button" onClick={() => logIn.mutate({ username: "ada", password: "x" })}>
        in
      </button>
      <button type="button" onClick={() => logOut.mutate()}>
        out
      </button>
      <button type="button" onClick={() => change.mutate({ old_password: "x", new_password: "y" })}>
        change
      </button>
      {logIn.error ? <p role="alert">{logIn.error.message}</p> : null}
    </>
  );
}
const show = () =>
  renderInside(
    <Suspense fallback="…">
      <Account />
    </Suspense>,
  );

describe("a session", () => {
  it("begins with the login, whose token the next change carries", async () => {
    const server = serve({
      "GET /ui/session": noSession({ csrf_token: "before" }),
      "POST /ui/session": aSession({ csrf_token: "after" }),
      "POST /ui/session/password": { changed: 1 },
    });
    show();
    await screen.findByText("nobody");
    await userEvent.click(screen.getByText("in"));
    await screen.findByText("ada edits");
    await userEvent.click(screen.getByText("change"));
    await waitFor(() => expect(server.of("POST /ui/session/password")).toHaveLength(1));
    expect(server.of("POST /ui/session")[0]?.headers.get("X-CSRF-Token")).toBe("before");
    expect(server.of("POST /ui/session/password")[0]?.headers.get("X-CSRF-Token")).toBe("after");
    expect(server.of("GET /ui/session")).toHaveLength(1);
  });

  it("does not begin with a wrong password", async () => {
    serve({
      "GET /ui/session": noSession(),
      "POST /ui/session": refusal(401, "Wrong user name or password."),
    });
    show();
    await userEvent.click(await screen.findByText("in"));
    expect((await screen.findByRole("alert")).textContent).toBe("Wrong user name or password.");
    expect(screen.getByText("nobody")).toBeTruthy();
  });

  it("takes everything that was seen with it when it ends", async () => {
    const server = serve({
      "GET /ui/session": aSession(),
      "DELETE /ui/session": new Response(null, { status: 204 }),
    });
    queries.setQueryData(["dags", {}], { dags: ["secret"] });
    show();
    await userEvent.click(await screen.findByText("out"));
    await waitFor(() => expect(server.of("DELETE /ui/session")).toHaveLength(1));
    await waitFor(() => expect(queries.getQueryData(["dags", {}])).toBeUndefined());
  });
});
