"""Every address that a page may point to, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

API = "/api/v1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Links:
    """Addresses; `version` changes with the static files, so that browsers may keep them for ever."""

    version: str
    create: str = "/"
    gallery: str = "/gallery"
    sheet: str = "/gallery/sheet"
    gallery_change: str = "/gallery/change"
    gallery_export: str = "/gallery/export"
    trash: str = "/gallery?trash=1"
    trash_empty: str = "/gallery/empty"
    collections: str = "/collections"
    jobs: str = "/jobs"
    compare: str = "/compare"
    compare_price: str = "/compare/price"
    docs: str = "/docs"
    theme: str = "/theme"
    login: str = "/login"
    logout: str = "/logout"
    setup: str = "/setup"
    invitation: str = "/invitation"
    account: str = "/settings/account"
    account_password: str = "/settings/account/password"
    account_out: str = "/settings/account/sign-out-everywhere"
    openapi: str = "/openapi.json"
    api_quotes: str = f"{API}/quotes"
    api_jobs: str = f"{API}/jobs"
    language: str = "/language"
    keys: str = "/keys"
    manifest: str = "/manifest.webmanifest"

    api_images: str = f"{API}/images"
    api_enhance: str = f"{API}/prompts/enhance"
    api_templates: str = f"{API}/templates"
    create_price: str = "/create/price"
    create_job: str = "/create/job"
    create_confirm: str = "/create/confirm"
    create_use: str = "/create/use"
    create_improve: str = "/create/improve"
    create_choices: str = "/create/choices"

    def static(self, name: str) -> str:
        """A file of the pages themselves."""
        return f"/static/{self.version}/{name}"

    def elsewhere(self, onward: str) -> str:
        """Where somebody leaves for their issuer, to come back to a path."""
        return f"/api/auth/oidc/start?{urlencode({'next': onward})}"

    def again(self, job_id: str) -> str:
        """The composer, filled in with what a job was asked."""
        return f"{self.create}?{urlencode({'from': job_id})}"

    def job(self, job_id: str) -> str:
        """A job's page."""
        return f"{self.jobs}/{job_id}"

    def card(self, job_id: str) -> str:
        """A job's card alone."""
        return f"{self.job(job_id)}/card"

    def cancel(self, job_id: str) -> str:
        """Where a job is cancelled from a page."""
        return f"{self.job(job_id)}/cancel"

    def front(self, job_id: str) -> str:
        """Where a job is brought to the front from a page."""
        return f"{self.job(job_id)}/front"

    def resolve(self, job_id: str, call_id: str) -> str:
        """Where a lost purchase is settled from a page."""
        return f"{self.job(job_id)}/calls/{call_id}/resolve"

    def events(self, job_id: str) -> str:
        """A job's event stream."""
        return f"{API}/jobs/{job_id}/events"

    def collection(self, collection_id: str) -> str:
        """A collection's page."""
        return f"{self.collections}/{collection_id}"

    def remove_collection(self, collection_id: str) -> str:
        """Where a collection is removed from a page."""
        return f"{self.collection(collection_id)}/remove"

    def image(self, image_id: str) -> str:
        """A picture's page."""
        return f"/images/{image_id}"

    def rerun(self, image_id: str) -> str:
        """Where a picture is made again with another model."""
        return f"{self.image(image_id)}/rerun"

    def file(self, image_id: str) -> str:
        """A picture's signed file."""
        return f"{API}/images/{image_id}/file"

    def download(self, image_id: str, format: str) -> str:
        """A picture's signed file in some format, to be saved."""
        return f"{self.file(image_id)}?{urlencode({'format': format, 'download': 'true'})}"

    def original(self, image_id: str) -> str:
        """The provider's own bytes, to be saved."""
        return f"{self.file(image_id)}?original=true&download=true"

    def thumbnail(self, image_id: str, edge: int) -> str:
        """A small copy."""
        return f"{API}/images/{image_id}/thumbnail?edge={edge}"

    def recipe(self, image_id: str) -> str:
        """How a picture was made."""
        return f"{API}/images/{image_id}/recipe"

    def shared_thumbnail(self, here: str, image_id: str) -> str:
        """A picture of a share link, to look at."""
        return f"{here}/images/{image_id}/thumbnail"

    def shared_file(self, here: str, image_id: str) -> str:
        """The file of a picture of a share link."""
        return f"{here}/images/{image_id}/file"

    def more_shared(self, here: str, cursor: str) -> str:
        """The next page of a shared collection."""
        return f"{here}?{urlencode({'after': cursor})}"

    def settings(self, *parts: str) -> str:
        """A section of the settings, or a place below it; the first one without parts."""
        return "/".join(("/settings", *parts))

    def edit(self, image_id: str) -> str:
        """Where a part of a picture is painted anew, or the picture extended."""
        return f"{self.image(image_id)}/edit"

    def edit_price(self, image_id: str) -> str:
        """What that would cost, as a part of the page."""
        return f"{self.edit(image_id)}/price"

    analytics: str = "/analytics"
    analytics_figures: str = "/analytics/figures"
    analytics_export: str = f"{API}/analytics/export"

    def reset_breaker(self, service: str) -> str:
        """Where a service is asked again at once, although it rests."""
        return f"{self.analytics}/breakers/{quote(service)}/reset"

    chat_shelf: str = "/chat/shelf"

    def chats(self, **query: str) -> str:
        """All chats; with words those that have them, with a cursor older ones."""
        return f"/chat?{urlencode(query)}" if query else "/chat"

    def talk_about(self, image_id: str) -> str:
        """The beginning of a chat about a picture."""
        return self.chats(picture=image_id)

    def chat(self, chat_id: str, more: str = "") -> str:
        """A chat's page, and what is done from it. Saying something in a new one is done at `new`."""
        return f"/chat/{chat_id}/{more}" if more else f"/chat/{chat_id}"

    def said(self, chat_id: str, message_id: str) -> str:
        """A message on its chat's page."""
        return f"{self.chat(chat_id)}#message-{message_id}"

    def message(self, chat_id: str, message_id: str, more: str = "") -> str:
        """A message alone, and what is done with it."""
        return self.chat(chat_id, f"messages/{message_id}/{more}".removesuffix("/"))

    def block(self, chat_id: str, block_id: str, what: str = "buy") -> str:
        """A picture in a message: where its button buys, or another model is priced."""
        return self.chat(chat_id, f"blocks/{block_id}/{what}")

    def api_chat(self, chat_id: str, more: str = "") -> str:
        """A chat in the interface, for the script of its page."""
        return f"{API}/chats/{chat_id}/{more}" if more else f"{API}/chats/{chat_id}"

    def remake(self, image_id: str, way: str) -> str:
        """Where something else is made of a whole picture: variations, a larger copy, another style."""
        return f"{self.image(image_id)}/{way}"

    def comparison(self, comparison_id: str) -> str:
        """A round of a comparison."""
        return f"/compare/{comparison_id}"

    def comparison_vote(self, comparison_id: str) -> str:
        """Where somebody votes from a page."""
        return f"{self.comparison(comparison_id)}/vote"

    def comparison_skip(self, comparison_id: str) -> str:
        """Where a round is skipped from a page."""
        return f"{self.comparison(comparison_id)}/skip"

    def comparison_status(self, comparison_id: str) -> str:
        """How far a round is, for a script."""
        return f"{API}/comparisons/{comparison_id}"

    def comparison_picture(self, comparison_id: str, letter: str) -> str:
        """A picture of a round, whole, that does not tell who painted it."""
        return f"{API}/comparisons/{comparison_id}/pictures/{letter}"

    def comparison_thumbnail(self, comparison_id: str, letter: str) -> str:
        """The same, large enough for a page."""
        return f"{self.comparison_picture(comparison_id, letter)}?edge=1024"

    batches: str = "/batches"
    batch_quote: str = "/batches/quote"

    def batch(self, batch_id: str, more: str = "") -> str:
        """A batch's page, and what is done from it."""
        return f"{self.batches}/{batch_id}/{more}" if more else f"{self.batches}/{batch_id}"

    queue: str = "/jobs/list"
    retry_jobs: str = "/jobs/retry"
    pause_queue: str = "/jobs/pause"
    resume_queue: str = "/jobs/resume"

    def retries(self, job_ids: Sequence[str], batch_id: str = "") -> str:
        """Where the missing pictures of some jobs are priced, to be bought again; of a batch, to go back to it."""
        batch = [("batch", batch_id)] if batch_id else []
        return f"{self.retry_jobs}?{urlencode([('id', name) for name in job_ids] + batch)}"

    def cards(self, show: str) -> str:
        """The Create page with jobs of one kind alone; with all where none is named."""
        return f"{self.create}?{urlencode({'show': show})}" if show else self.create

    def older_cards(self, cursor: str, show: str) -> str:
        """The next page of jobs beside the composer."""
        return f"{self.create}?{urlencode({'before': cursor, **({'show': show} if show else {})})}"

    def vary(self, job_id: str) -> str:
        """The composer, filled in with what a job was asked, without its seed."""
        return f"{self.create}?{urlencode({'from': job_id, 'vary': '1'})}"

    def start_from(self, image_id: str) -> str:
        """The composer with a picture to start from."""
        return f"{self.create}?{urlencode({'reference': image_id})}"

    def retry(self, job_id: str) -> str:
        """Where the pictures that a job did not bring are bought from a page."""
        return f"{self.job(job_id)}/retry"
