"""Row-level security on PostgreSQL, and there a table of its own for the words of pictures. SQLite stays as it is."""

from collections.abc import Iterator

from alembic import op

revision = "0017"
down_revision = "0016"

ASKED = "(SELECT current_setting('limner.owner', true))"
BY_PERSON = {
    "abuse_signs": "user_id",
    "api_tokens": "user_id",
    "audit_log": "user_id",
    "batches": "user_id",
    "chat_keys": "user_id",
    "chat_messages": "user_id",
    "chat_tool_calls": "user_id",
    "chats": "user_id",
    "cleanup_runs": "user_id",
    "generated_images": "user_id",
    "generation_jobs": "user_id",
    "generation_recipes": "user_id",
    "idempotency_keys": "user_id",
    "image_collections": "user_id",
    "image_descriptions": "user_id",
    "image_favorites": "user_id",
    "image_generation_stats": "user_id",
    "image_profiles": "user_id",
    "image_reports": "user_id",
    "image_shares": "user_id",
    "image_tags": "user_id",
    "image_trash": "user_id",
    "ledger_entries": "user_id",
    "project_members": "user_id",
    "projects": "user_id",
    "prompt_templates": "user_id",
    "provider_keys": "user_id",
    "shared_projects": "user_id",
    "style_presets": "user_id",
    "text_calls": "user_id",
    "user_identities": "user_id",
    "user_sessions": "user_id",
    "text_repeats": "user_id",
    "users": "id",
    "webhooks": "user_id",
}
"""Tables that name the person whose a row is, and the column."""
BY_PARENT = {
    "batch_rows": ("batch_id", "batches"),
    "chat_tags": ("chat_id", "chats"),
    "collection_images": ("collection_id", "image_collections"),
    "generation_calls": ("job_id", "generation_jobs"),
    "generation_events": ("job_id", "generation_jobs"),
    "generation_plans": ("job_id", "generation_jobs"),
    "image_profile_tags": ("image_profile_id", "image_profiles"),
    "job_holds": ("job_id", "generation_jobs"),
    "job_inputs": ("job_id", "generation_jobs"),
    "shared_jobs": ("job_id", "generation_jobs"),
    "text_holds": ("call_id", "text_calls"),
    "webhook_deliveries": ("webhook_id", "webhooks"),
    "withheld_images": ("image_id", "generated_images"),
}
"""Tables whose rows belong to whoever has the row they refer to, the column and where that row is."""
SHARED = {
    "provider_keys": "shared",
    "shared_projects": "EXISTS (SELECT 1 FROM project_members m WHERE m.project_id = shared_projects.id)",
}
WORDS = (
    "DROP INDEX generated_images_words",
    """
    CREATE TABLE generated_images_words (
        serial bigint CONSTRAINT pk_generated_images_words PRIMARY KEY
            CONSTRAINT fk_generated_images_words_serial REFERENCES generated_images (serial) ON DELETE CASCADE,
        words tsvector NOT NULL
    )
    """,
    """
    INSERT INTO generated_images_words (serial, words)
    SELECT serial, to_tsvector('simple', regexp_replace(prompt, '[!-/:-@[-`{-~]+', ' ', 'g'))
                   || array_to_tsvector(ARRAY['@' || user_id]) FROM generated_images
    """,
    "CREATE INDEX ix_generated_images_words ON generated_images_words USING gin (words)",
    """
    CREATE FUNCTION generated_images_words() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        found tsvector := to_tsvector('simple', regexp_replace(NEW.prompt, '[!-/:-@[-`{-~]+', ' ', 'g'))
                          || array_to_tsvector(ARRAY['@' || NEW.user_id]);
    BEGIN
        INSERT INTO generated_images_words (serial, words) VALUES (NEW.serial, found)
        ON CONFLICT (serial) DO UPDATE SET words = found;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER generated_images_words AFTER INSERT OR UPDATE OF user_id, prompt ON generated_images
    FOR EACH ROW EXECUTE FUNCTION generated_images_words()
    """,
)


def upgrade() -> None:
    """Moves the words first: nothing is in the way of reading all pictures yet."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    for statement in (*WORDS, *_policies()):
        connection.exec_driver_sql(statement)


def _policies() -> Iterator[str]:
    conditions = {table: f"{column} = {ASKED}" for table, column in BY_PERSON.items()}
    for table, (column, parent) in BY_PARENT.items():
        found = f"SELECT FROM {parent} p WHERE p.id = {table}.{column}"
        conditions[table] = f"EXISTS ({found})"
    for table, condition in conditions.items():
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield f"CREATE POLICY limner_owner ON {table} USING ({ASKED} = '*' OR {condition})"
    for table, condition in SHARED.items():
        yield f"CREATE POLICY limner_shared ON {table} FOR SELECT USING ({condition})"
