import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef } from "react";
import { baseUrl } from "@/api/base";
import { mayEnter, sessionQuery, useLogIn } from "@/api/session";
import { Rich, useT } from "@/shared/i18n";
import { useTitle } from "@/shared/title";
import { Wordmark } from "@/shared/ui/Wordmark";
import classes from "./LoginPage.module.css";

const route = getRouteApi("/login");

export default function LoginPage() {
  const t = useT();
  useTitle([t("login.title")]);
  const { next, error } = route.useSearch();
  const router = useRouter();
  const { data: session } = useSuspenseQuery(sessionQuery);
  const logIn = useLogIn();
  const form = useRef<HTMLFormElement>(null);
  const { password, oidc } = session.login;
  const inside = session.user !== null && mayEnter(session);

  useEffect(() => {
    if (inside) router.history.replace(router.basepath.replace(/\/$/, "") + (next ?? "/"));
  }, [inside, next, router]);

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    logIn.mutate(
      { username: String(fields.get("username")), password: String(fields.get("password")) },
      { onError: () => form.current?.querySelector<HTMLInputElement>("input[name=password]")?.select() },
    );
  };

  return (
    <main className={classes.page}>
      <div className={classes.card}>
        <h1 className={classes.brand}>
          <Wordmark size={20} />
          <span className="visually-hidden">{t("login.title")}</span>
        </h1>
        <div className={classes.scale} aria-hidden="true" />
        {error && !logIn.error ? (
          <p role="alert" className={classes.error}>
            {t(`login.failed.${error}`)}
          </p>
        ) : null}
        {password ? (
          <form ref={form} onSubmit={submit} className={classes.form}>
            <TextInput
              name="username"
              label={t("login.username")}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              withAsterisk={false}
              autoFocus
            />
            <PasswordInput
              name="password"
              label={t("login.password")}
              autoComplete="current-password"
              required
              withAsterisk={false}
            />
            {logIn.error ? (
              <p role="alert" className={classes.error}>
                {logIn.error.message}
              </p>
            ) : null}
            <Button type="submit" size="sm" fullWidth loading={logIn.isPending}>
              {t("login.submit")}
            </Button>
          </form>
        ) : null}
        {password && oidc.length ? <div className={classes.or}>{t("login.or")}</div> : null}
        {oidc.map((provider) => {
          const url = new URL(provider.url, baseUrl);
          if (next) url.searchParams.set("next", next);
          return (
            <Button key={provider.name} component="a" href={url.href} variant="default" size="sm" fullWidth>
              {t("login.with", { name: provider.name })}
            </Button>
          );
        })}
        {!password && oidc.length === 0 ? <p role="alert">{t("login.noWays")}</p> : null}
        {password ? (
          <p className={classes.hint}>
            <Rich id="login.hint" components={[<code key="0" />, <code key="1" />]} />
          </p>
        ) : null}
        <p className={classes.version}>{session.version}</p>
      </div>
    </main>
  );
}
