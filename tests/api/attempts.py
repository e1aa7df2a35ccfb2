"""What is sent to routes that name things: `{image_id}` in a text stands for the thing of whoever's they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

WORDS = {"prompt": "a lake", "model": "sketch", "size": "64x64"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One request, and how a thing is refused that is not there."""

    body: Any = None
    form: Any = None
    """What a page's form sends, in place of a body."""
    query: dict[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()
    """What is the asker's own: with that a stranger's thing is brought together."""
    status: int = 404


def _as_rows(wishes: tuple[Attempt, ...], status: int) -> tuple[Attempt, ...]:
    return tuple(Attempt(body={"requests": [wish.body]}, status=status) for wish in wishes)


WISHES = (
    Attempt(body={**WORDS, "operation": "variations", "inputs": [{"role": "source", "image_id": "{image_id}"}]}),
    Attempt(body={**WORDS, "model": None, "profile": "{profile_id}"}),
    Attempt(body={**WORDS, "model": None, "profile": "{tag}"}),
    Attempt(body={**WORDS, "model": "openai/gpt-image-2", "size": "1024x1024", "access": {"key": "{key_id}"}}),
    Attempt(body={**WORDS, "prompt": "", "template": "{template_id}", "values": {"hour": "dawn"}}),
    Attempt(body={**WORDS, "prompt": "", "template": "{tag}", "values": {"hour": "dawn"}}),
    Attempt(body={**WORDS, "presets": ["{preset_id}"]}, status=422),
)
"""Requests for pictures: each names a thing of another kind."""
CONTENDERS = [{"model": "sketch", "prompt": "a lake"}, {"model": "sketch", "prompt": "a sea"}]
ROUND = Attempt(body={"contenders": CONTENDERS, "presets": ["{preset_id}"]}, status=422)
PROFILE = {"name": "mine", "provider": "OPENAI", "modelName": "gpt-image-2"}
MODEL_OF_PROFILE = Attempt(body={"prompt": "a lake", "model": "profile/{tag}"})
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4"
    "2mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
KEPT = "/api/v1/images/{image_id}/file"
IDS = {"ids": ["{image_id}"]}
COLLECT = {"action": "collect", "collection_id": "{collection_id}"}
CHANGES: tuple[dict[str, Any], ...] = (
    {"action": "favorite"},
    {"action": "tag", "tags": ["mine"]},
    {"action": "untag", "tags": ["mine"]},
    {"action": "trash"},
    {"action": "restore"},
    {"action": "project", "project": "mine"},
)
TICKED = {"id": "{image_id}", "back": "/gallery"}
FORM_CHANGES: tuple[dict[str, str], ...] = (
    {"do": "favorite"},
    {"do": "tag", "tags": "mine"},
    {"do": "untag", "tags": "mine"},
    {"do": "project", "project": "mine"},
    {"do": "trash"},
    {"do": "restore"},
    {"do": "forget", "sure": "yes"},
)
SAVED_PROFILE = {"do": "save", "name": "new", "model": "openai/gpt-image-2"}
AMONG = {"collection": "{collection_id}"}
FORM_COLLECT = {"do": "collect", "collection": "{collection_id}"}
DONE = 303
"""A form leads back to its page, which says how many pictures were changed: none."""
UNNOTICED = 200
"""A list is empty; of many things one is told to be missing."""

OF_SOMEBODY = (Attempt(query={"person": "{user_id}"}, status=403),)
"""Figures of anybody but oneself are for administrators, whether there is such a person or not."""

ATTEMPTS: dict[str, tuple[Attempt, ...]] = {
    "get_analytics": OF_SOMEBODY,
    "export_analytics": OF_SOMEBODY,
    "analytics_page": OF_SOMEBODY,
    "analytics_figures": OF_SOMEBODY,
    "ask_to_retry": (
        Attempt(query={"id": "{job_id}"}),
        Attempt(query={"id": "{job_id}", "batch": "{batch_id}"}, own=("job_id",)),
    ),
    "retry_from_form": (
        Attempt(form={"id": "{job_id}"}),
        Attempt(form={"id": "{job_id}", "batch": "{batch_id}"}, own=("job_id",)),
    ),
    "retry_job": (Attempt(body={}),),
    "retry_batch": (Attempt(body={}),),
    "resolve_call": (Attempt(body={"charged": True}), Attempt(body={"charged": True}, own=("job_id",))),
    "replace_preset": (Attempt(body={"id": "{preset_id}", "name": "mine", "value": "mine"}),),
    "change_profile": (
        Attempt(body={"name": "mine"}),
        Attempt(body={"key": "{key_id}"}, own=("profile_id",)),
    ),
    "create_profile": (Attempt(body={"name": "new", "model": "openai/gpt-image-2", "key": "{key_id}"}),),
    "change_template": (Attempt(body={"name": "mine"}),),
    "fill_template": (Attempt(body={"values": {"hour": "dawn"}}),),
    "report_image": (Attempt(body={"reason": "mine"}),),
    "decide_report": (Attempt(body={"decision": "delete"}, status=403),),
    "get_report": (Attempt(status=403),),
    "get_report_file": (Attempt(status=403),),
    "change_budget": (Attempt(body={"usd": "1"}, status=403),),
    "delete_budget": (Attempt(status=403),),
    "shared_page": (),  # for whoever has the link
    "shared_file": (Attempt(own=("token",)),),
    "shared_thumbnail": (Attempt(own=("token",)),),
    "change_key": (Attempt(body={"label": "mine"}),),
    "put_stored_key": (Attempt(body={"label": "mine"}),),
    "rename_tag": (Attempt(body={"name": "mine"}),),
    "edit_collection": (
        Attempt(body={"name": "mine"}),
        Attempt(body={"cover_id": "{image_id}"}, own=("collection_id",), status=422),
    ),
    "add_collection_images": (
        Attempt(body=IDS),
        Attempt(body=IDS, own=("image_id",)),
        Attempt(body=IDS, own=("collection_id",), status=UNNOTICED),
    ),
    "order_collection": (Attempt(body=IDS), Attempt(body=IDS, own=("collection_id",), status=422)),
    "remove_collection_image": (Attempt(), Attempt(own=("collection_id",)), Attempt(own=("image_id",))),
    "change_user": (
        Attempt(body={"role": "viewer"}, status=403),
        Attempt(body={"password": "another password"}, status=403),
    ),
    "delete_user": (Attempt(status=403),),
    "put_member": (Attempt(body={"email": "cal@walls.example", "role": "member"}),),
    "replay_delivery": (Attempt(), Attempt(own=("webhook_id",))),
    "share_image": (Attempt(body={}),),
    "share_collection": (Attempt(body={}),),
    "update_image_profile": (
        Attempt(body={"name": "mine"}),
        Attempt(body={"apiKeyId": "{key_id}"}, own=("profile_id",)),
    ),
    "tag_image_profile": (Attempt(body={"tagId": "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"}),),
    "untag_image_profile": (Attempt(query={"tagId": "0193502a-6f3c-7c11-a5a5-0f4cfb4a9a11"}),),
    "images_report": (Attempt(body={"reason": "mine"}),),
    "images_analyze": (Attempt(body={"imageUrl": KEPT}),),
    "describe_image": (Attempt(body={}),),
    "describe_collection": (Attempt(body={"max_cost": 0}),),
    "resolve_text_call": (Attempt(body={"charged": True}),),
    "images_add": (
        Attempt(body={"imageId": "{image_id}"}),
        Attempt(body={"imageId": "{image_id}"}, own=("collection_id",)),
    ),
    "images_take_out": (Attempt(), Attempt(own=("collection_id",)), Attempt(own=("image_id",))),
    "create_job": WISHES,
    "create_quote": WISHES,
    "create_comparison": (ROUND,),
    "quote_comparison": (ROUND,),
    "get_comparison_picture": (Attempt(query={"edge": "256"}),),
    "vote_on_comparison": (Attempt(body={"vote": "A"}),),
    "create_batch": _as_rows(WISHES, 422),
    "quote_batch": _as_rows(WISHES, UNNOTICED),
    "list_images": (
        Attempt(query={"collection": "{collection_id}"}, status=UNNOTICED),
        Attempt(query={"project": "{tag}"}, status=UNNOTICED),
        Attempt(query={"tag": "{tag}"}, status=UNNOTICED),
    ),
    "change_images": (
        *(Attempt(body={**IDS, **change}, status=UNNOTICED) for change in CHANGES),
        Attempt(body={**IDS, **COLLECT}),
        Attempt(body={**IDS, **COLLECT}, own=("image_id",)),
        Attempt(body={**IDS, **COLLECT}, own=("collection_id",), status=UNNOTICED),
    ),
    "export_images": (Attempt(body=IDS),),
    "create_image_profile": (Attempt(body={**PROFILE, "apiKeyId": "{key_id}"}),),
    "validate_key": (Attempt(body={"provider": "OPENAI", "apiKeyId": "{key_id}"}),),
    "list_provider_models": (Attempt(query={"provider": "OPENAI", "apiKeyId": "{key_id}"}),),
    "generate_images": (Attempt(body={"prompt": "a lake", "profileId": "{profile_id}"}),),
    "create_chat": (Attempt(body={"image_profile": "{profile_id}"}),),
    "change_chat": (
        Attempt(body={"title": "mine"}),
        Attempt(body={"image_profile": "{profile_id}"}, own=("chat_id",)),
    ),
    "chat_stream": (
        Attempt(body={"messages": [{"role": "user", "content": "mine"}], "chatId": "{chat_id}"}),
        Attempt(body={"messages": [{"role": "user", "content": "mine"}], "profileId": "{profile_id}"}),
    ),
    "branch_chat": (
        Attempt(body={"message_id": "{message_id}"}),
        Attempt(body={"message_id": "{message_id}"}, own=("chat_id",)),
    ),
    "tag_chat": (Attempt(body={"tagType": "THEME", "tagId": "mine"}),),
    "untag_chat": (Attempt(), Attempt(own=("chat_id",))),
    "say": (
        Attempt(body={"text": "mine"}),
        Attempt(body={"text": "mine", "parent_id": "{message_id}"}, own=("chat_id",)),
        Attempt(body={"text": "mine", "pictures": ["{image_id}"]}, own=("chat_id",)),
    ),
    "get_message": (Attempt(), Attempt(own=("chat_id",))),
    "follow_message": (Attempt(), Attempt(own=("chat_id",))),
    "edit_message": (Attempt(body={"text": "mine"}), Attempt(body={"text": "mine"}, own=("chat_id",))),
    "buy_block": (Attempt(), Attempt(own=("chat_id",))),
    "openai_generations": (MODEL_OF_PROFILE,),
    "openai_edits": (
        Attempt(body={"prompt": "a lake", "images": [{"file_id": "{image_id}"}]}),
        Attempt(body={"prompt": "a lake", "images": [{"image_url": PIXEL}], "mask": {"file_id": "{image_id}"}}),
    ),
    "follow_generation": (Attempt(query={"sessionId": "{job_id}"}),),
    "cancel_generation": (Attempt(query={"sessionId": "{job_id}"}),),
    "images_history": (Attempt(query={"userId": "{user_id}"}, status=403),),
    "images_edit": (Attempt(body={"imageUrl": KEPT, "prompt": "a lake"}),),
    "images_variations": (Attempt(body={"imageUrl": KEPT}),),
    "images_upscale": (Attempt(body={"imageUrl": KEPT}),),
    "images_style_transfer": (Attempt(body={"imageUrl": KEPT, "style": "oil"}),),
    "gallery_page": (Attempt(query=AMONG, status=UNNOTICED),),
    "gallery_sheet": (Attempt(query=AMONG, status=UNNOTICED),),
    "change_from_form": (
        *(Attempt(form={**TICKED, **change}, status=DONE) for change in FORM_CHANGES),
        Attempt(form={**TICKED, **FORM_COLLECT}),
        Attempt(form={**TICKED, **FORM_COLLECT}, own=("image_id",)),
        Attempt(form={**TICKED, **FORM_COLLECT}, own=("collection_id",), status=DONE),
    ),
    "export_from_form": (Attempt(form=TICKED),),
    "picture_page": (
        Attempt(),
        Attempt(query=AMONG, own=("image_id",), status=UNNOTICED),
    ),
    "tag_from_form": (Attempt(form={"tags": "mine"}, query=AMONG),),
    "share_from_form": (Attempt(form={"expires_in": "86400"}, query=AMONG),),
    "revoke_from_form": (Attempt(query=AMONG), Attempt(own=("image_id",)), Attempt(own=("share_id",))),
    "report_from_form": (Attempt(form={"reason": "mine"}, query=AMONG),),
    "edit_from_form": (Attempt(form={"kind": "extend", "right": "8"}),),
    "remake_page": (Attempt(query={"model": "sketch"}),),
    "remake_from_form": (Attempt(form={"token": "x"}),),
    "rerun_from_form": (Attempt(form={"token": "x"}),),
    "edit_collection_from_form": (Attempt(form={"name": "mine"}),),
    "replace_key_from_form": (Attempt(form={"label": "mine", "api_key": "sk-another-key-of-a-stranger"}),),
    "add_profile_from_form": (Attempt(form={**SAVED_PROFILE, "key": "{key_id}"}),),
    "change_profile_from_form": (
        Attempt(form=SAVED_PROFILE),
        Attempt(form={**SAVED_PROFILE, "key": "{key_id}"}, own=("profile_id",)),
    ),
    "delete_invitation": (Attempt(status=403),),
    "withdraw_invitation_from_form": (Attempt(status=403),),
    "add_budget_from_form": (Attempt(form={"whom": "user:{user_id}", "amount": "1"}, status=403),),
    "budget_page": (Attempt(status=403),),
    "change_budget_from_form": (Attempt(form={"amount": "1"}, status=403),),
    "ask_to_remove_budget": (Attempt(status=403),),
    "remove_budget_from_form": (Attempt(status=403),),
    "person_page": (Attempt(status=403),),
    "change_role_from_form": (Attempt(form={"role": "viewer"}, status=403),),
    "give_password_from_form": (Attempt(form={"password": "another password"}, status=403),),
    "ask_to_remove_person": (Attempt(status=403),),
    "remove_person_from_form": (Attempt(status=403),),
    "let_in_from_form": (Attempt(form={"email": "cal@walls.example", "role": "member"}),),
    "replay_from_form": (Attempt(), Attempt(own=("webhook_id",))),
    "change_preset_from_form": (Attempt(form={"value": "mine"}),),
    "change_template_from_form": (Attempt(form={"name": "mine", "template": "mine"}),),
    "compare_page": (
        Attempt(query={"ids": "{image_id},{image_id}"}),
        Attempt(query={"id": "{image_id}"}, status=422),
    ),
    "vote_from_form": (Attempt(form={"vote": "A"}),),
    "chats_page": (Attempt(query={"picture": "{image_id}"}),),
    "begin_from_form": (Attempt(form={"text": "mine", "reference": "{image_id}"}),),
    "say_from_form": (
        Attempt(form={"text": "mine"}),
        Attempt(form={"text": "mine", "reference": "{image_id}"}, own=("chat_id",)),
    ),
    "quote_from_form": (Attempt(form={"model": "sketch"}), Attempt(form={"model": "sketch"}, own=("chat_id",))),
    "create_page": (Attempt(query={"from": "{job_id}"}), Attempt(query={"reference": "{image_id}"})),
    "create_from_form": (Attempt(form={"prompt": "a lake", "model": "sketch", "reference": "{image_id}"}),),
    "paint": (Attempt(form={"prompt": "a lake", "model": "sketch", "reference": "{image_id}"}),),
}
