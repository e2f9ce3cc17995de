"""Logging in by an OpenID Connect provider, with Authlib: [oidc] in airflow.cfg.

    [oidc]
    issuer = https://accounts.example.com          its /.well-known/openid-configuration is read at the first login
    client_id = tradewind
    client_secret = …
    label = Example                                on the button; the issuer's host unless set
    scope = openid profile email
    username_claim = preferred_username
    roles_claim = groups                           unset: everybody gets default_role
    role_mapping = {"data-team": "Op"}             value of the claim → role
    default_role = Viewer                          for users who have none by the mapping; empty: they may not log in
    bind_by_name = False                           True: who comes with the name of a user here is that user
    allow_http = False                             only for a provider on this machine

State, nonce and PKCE verifier travel in a cookie that is signed, short-lived and bound to the way back.
"""

from __future__ import annotations

import hmac
import json
import logging
import time
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

import httpx2
import jwt
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from tradewind.core.records import UserRecord
from tradewind.server.auth_routes import cookie_path, local_path
from tradewind.server.errors import NotLoggedIn
from tradewind.server.login import COOKIE, address_of
from tradewind.server.ui import shapes
from tradewind.services import logins, tokens
from tradewind.services.errors import Invalid
from tradewind.services.identities import NotAdmitted, Profile, Rules, admit
from tradewind.services.session import Services
from tradewind.store.users import Identity

SECTION: Final = "oidc"
_log = logging.getLogger(__name__)
_FLOW_COOKIE: Final = "tradewind_oidc"
_FLOW_S: Final = 600
_CLAIMS_LEEWAY_S: Final = 60
_LONGEST_NAME: Final = 200
_AUDIENCE: Final = "oidc-login"
"""Tells what is signed for a login under way from a token of the API: the same key signs both."""


class Refused(NotLoggedIn):
    """Somebody could not log in, for a reason that the login page has a sentence for."""

    def __init__(self, word: str, message: str) -> None:
        super().__init__(message)
        self.word = word


class Oidc:
    """The one provider of the configuration; none when [oidc] issuer is not set."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._metadata: dict[str, Any] | None = None

    def providers(self) -> list[shapes.OidcProvider]:
        issuer = self._option("issuer")
        if not issuer:
            return []
        label = self._option("label") or urlsplit(issuer).hostname or issuer
        return [shapes.OidcProvider(name=SECTION, label=label, url="ui/oidc/start")]

    def routes(self) -> APIRouter:
        router = APIRouter()

        @router.get("/ui/oidc/start", operation_id="start_oidc")
        async def start_oidc(request: Request, next: str = "/") -> Response:
            return await self._told(request, self._start(request, next))

        @router.get("/ui/oidc/callback", operation_id="finish_oidc")
        async def finish_oidc(request: Request) -> Response:
            return await self._told(request, self._finish(request))

        return router

    async def _told(self, request: Request, answering: Awaitable[Response]) -> Response:
        """A browser on its way gets back to the login page, which says what happened; a program gets the error.

        The page is told a word, not a sentence: nobody can make a link that lets it say something else.
        """
        try:
            return await answering
        except (NotLoggedIn, Invalid) as error:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            _log.warning("A login by OpenID Connect failed: %s", error)
            word = error.word if isinstance(error, Refused) else "failed"
            answer = RedirectResponse(f"{request.scope.get('root_path', '')}/login?error={word}", 303)
            answer.delete_cookie(_FLOW_COOKIE, path=cookie_path(request))
            return answer

    async def _start(self, request: Request, back: str) -> Response:
        metadata = await self._discover()
        state, nonce, verifier = generate_token(32), generate_token(32), generate_token(48)
        client = self._client(request)
        url, _ = client.create_authorization_url(
            metadata["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
        )
        flow = {
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": local_path(back),
            "aud": _AUDIENCE,
            "exp": time.time() + _FLOW_S,
        }
        answer = RedirectResponse(url, 302)
        answer.set_cookie(
            _FLOW_COOKIE,
            jwt.encode(flow, tokens.signing_key(self._services), algorithm="HS256"),
            max_age=_FLOW_S,
            path=cookie_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return answer

    async def _finish(self, request: Request) -> Response:
        try:
            key = tokens.signing_key(self._services)
            flow = jwt.decode(request.cookies.get(_FLOW_COOKIE, ""), key, algorithms=["HS256"], audience=_AUDIENCE)
        except jwt.InvalidTokenError:
            raise Refused(
                "expired", "The login took too long, or began in another browser. Begin again at the login page."
            ) from None
        query = request.query_params
        if "error" in query:
            raise Refused("refused", f"The provider refused: {query.get('error_description') or query['error']}.")
        if not query.get("code") or not hmac.compare_digest(query.get("state", "").encode(), flow["state"].encode()):
            raise Refused(
                "expired", "The answer of the provider does not belong to this login. Begin again at the login page."
            )
        claims = await self._claims(request, query["code"], flow)
        own = replace(self._services, address=address_of(request))
        user = await run_in_threadpool(self._user, own, claims)
        own = replace(own, who=f"api:{user.username}")
        done = await run_in_threadpool(
            lambda: logins.open_session(
                own, user, user_agent=request.headers.get("user-agent", ""), replaces=request.cookies.get(COOKIE)
            )
        )
        answer = RedirectResponse(f"{request.scope.get('root_path', '')}{flow['next']}", 302)
        answer.delete_cookie(_FLOW_COOKIE, path=cookie_path(request))
        answer.set_cookie(
            COOKIE,
            done.token,
            max_age=int(logins.lifetime(self._services).total_seconds()),
            path=cookie_path(request),
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return answer

    async def _claims(self, request: Request, code: str, flow: dict[str, Any]) -> dict[str, Any]:
        """The claims of the id token: signed by the provider's key, for us, in answer to this login."""
        metadata = await self._discover()
        try:
            async with self._client(request) as client:
                token = await client.fetch_token(metadata["token_endpoint"], code=code, code_verifier=flow["verifier"])
            async with httpx2.AsyncClient(timeout=10) as plain:
                keys = (await plain.get(metadata["jwks_uri"])).raise_for_status().json()
            id_token = str(token["id_token"])
            header = jwt.get_unverified_header(id_token)
            found = [one for one in jwt.PyJWKSet.from_dict(keys).keys if header.get("kid") in (None, one.key_id)]
            if not found:
                raise NotLoggedIn("The provider signed with a key that it does not publish. Tell its administrator.")
            claims: dict[str, Any] = jwt.decode(
                id_token,
                found[0],
                algorithms=[name for name in ("RS256", "ES256", "PS256", "EdDSA") if name == header.get("alg")],
                audience=self._option("client_id"),
                issuer=metadata["issuer"],
                leeway=_CLAIMS_LEEWAY_S,
                options={"require": ["exp", "iat", "sub"]},
            )
        except NotLoggedIn:
            raise
        except (httpx2.HTTPError, jwt.PyJWTError, KeyError, ValueError) as error:
            raise NotLoggedIn(f"The provider's answer could not be used ({type(error).__name__}). Try again.") from None
        except Exception as error:
            # Authlib's own errors have no common base that it promises.
            raise NotLoggedIn(f"The provider refused the code ({type(error).__name__}). Try again.") from None
        if claims.get("nonce") != flow["nonce"]:
            raise Refused(
                "expired", "The answer of the provider belongs to another login. Begin again at the login page."
            )
        return claims

    def _user(self, services: Services, claims: dict[str, Any]) -> UserRecord:
        claim = self._option("username_claim") or "preferred_username"
        # An address that the provider has not checked may be anybody's.
        email = "" if claims.get("email_verified") is False else str(claims.get("email") or "")
        username = claims.get(claim) or email
        if claim == "email":
            username = email
        if not username or not isinstance(username, str) or len(username) > _LONGEST_NAME:
            raise NotLoggedIn(
                f"The provider does not tell '{claim}' ([oidc] username_claim). Name a claim that it tells."
            )
        profile = Profile(
            Identity(str(claims["iss"]), str(claims["sub"])),
            username,
            email,
            str(claims.get("given_name") or claims.get("name") or ""),
            str(claims.get("family_name") or ""),
        )
        rules = Rules(self._roles(claims), bool(self._option("roles_claim")), self._is_on("bind_by_name"))
        try:
            return admit(services, profile, rules)
        except NotAdmitted as error:
            raise Refused("not_admitted", str(error)) from None

    def _roles(self, claims: dict[str, Any]) -> tuple[str, ...]:
        given = claims.get(self._option("roles_claim") or "", [])
        values = [given] if isinstance(given, str) else list(given) if isinstance(given, list) else []
        try:
            mapping = json.loads(self._option("role_mapping") or "{}")
        except ValueError:
            mapping = None
        if not isinstance(mapping, dict) or not all(isinstance(role, str) for role in mapping.values()):
            raise Invalid('[oidc] role_mapping is no JSON object like {"data-team": "Op"}. Correct it.')
        roles = {mapping[value] for value in values if isinstance(value, str) and value in mapping}
        default = self._option("default_role")
        return tuple(sorted(roles)) or ((default,) if default else ())

    async def _discover(self) -> dict[str, Any]:
        if self._metadata is not None:
            return self._metadata
        issuer = self._option("issuer").rstrip("/")
        if not issuer:
            raise NotLoggedIn("No provider is configured ([oidc] issuer). Log in with a password.")
        if not issuer.startswith("https://") and not self._is_on("allow_http"):
            raise Invalid(
                "[oidc] issuer must begin with https://. For a provider on this machine set [oidc] allow_http = True."
            )
        try:
            async with httpx2.AsyncClient(timeout=10) as client:
                found = (await client.get(f"{issuer}/.well-known/openid-configuration")).raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise Refused(
                "unavailable", f"The provider {issuer} does not answer ({type(error).__name__}). Try again later."
            ) from None
        if not isinstance(found, dict) or str(found.get("issuer", "")).rstrip("/") != issuer:
            # OpenID Connect Discovery 4.3: else another provider could speak for this one.
            raise NotLoggedIn(f"{issuer} describes another issuer than itself. Correct [oidc] issuer.")
        missing = [name for name in ("authorization_endpoint", "token_endpoint", "jwks_uri") if not found.get(name)]
        if missing:
            raise NotLoggedIn(f"The provider {issuer} does not tell its {', '.join(missing)}. Correct [oidc] issuer.")
        self._metadata = found
        return found

    def _client(self, request: Request) -> AsyncOAuth2Client:
        base = str(request.base_url).rstrip("/")
        return AsyncOAuth2Client(
            self._option("client_id"),
            self._option("client_secret"),
            scope=self._option("scope") or "openid profile email",
            redirect_uri=f"{base}/ui/oidc/callback",
            code_challenge_method="S256",
            timeout=10,
        )

    def _is_on(self, name: str) -> bool:
        return self._option(name).strip().lower() in ("true", "1", "t")

    def _option(self, name: str) -> str:
        return self._services.conf.get(SECTION, name, fallback="") or ""
