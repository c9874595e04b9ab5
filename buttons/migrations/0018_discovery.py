"""Buttons can be searched for, by triggers that keep the words and facets of each that everybody may see.

Accents are taken off by what Unicode says of each letter, as not every server has the extension `unaccent`. Words are
kept as they are, in no language's stems, as buttons are in many.
"""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

WORDS = r"""
-- Letters that are composed in another way, such as those of Hangul and Kana, are put together again. Signs beside
-- those of ASCII are no letters, whatever the database's locale takes them for.
CREATE FUNCTION buttons_fold(words text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT lower(normalize(
        regexp_replace(
            regexp_replace(normalize(words, NFKD), '[\u0300-\u036f]', '', 'g'),
            '[\u00a1-\u00bf\u2000-\u206f\u3000-\u3004\u3008-\u3030]', ' ', 'g'),
        NFC))
$$;

-- As web searches do it: all words, "phrases", -without, this or that. The last word may be the start of one.
CREATE FUNCTION buttons_search_query(typed text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN wanted::text LIKE '%''' AND folded !~ '("|(^|\s)-\S*)\s*$' THEN (wanted::text || ':*')::tsquery
                ELSE wanted END
    -- PostgreSQL has no room for many signs in a row that each say "not".
    FROM (SELECT folded, websearch_to_tsquery('simple', folded) AS wanted
          FROM regexp_replace(buttons_fold(typed), '-(?![[:alnum:]"])', ' ', 'g') AS folded) AS asked
$$;
"""

LISTINGS = """
-- Lists those of some buttons that everybody may see, and no others of them. What nobody has clicked is as hot as one
-- fan's click fifteen days before it was made.
CREATE FUNCTION buttons_list(wanted bigint[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM buttons_listing AS listing USING buttons_button AS button
    WHERE listing.button_id = button.id AND button.id = ANY (wanted) AND button.hidden_at IS NOT NULL;

    INSERT INTO buttons_listing AS listing (button_id, facets, document, created_at, hot_at)
    SELECT button.id,
           ARRAY['c:' || button.category]
           || CASE WHEN lower(button.language) ~ '^[a-z]{2,3}([-_]|$)'
                   THEN ARRAY['l:' || (regexp_match(lower(button.language), '^[a-z]+'))[1]] ELSE '{}'::text[] END
           || ARRAY(SELECT 't:' || lower(tag) FROM unnest(button.tags) AS tag),
           setweight(to_tsvector('simple', buttons_fold(button.title)), 'A')
           || setweight(to_tsvector('simple', buttons_fold(array_to_string(button.tags, ' '))), 'B')
           || setweight(to_tsvector('simple', buttons_fold(profile.name)), 'B')
           || setweight(to_tsvector('simple', buttons_fold(button.description)), 'C'),
           button.created_at,
           button.created_at - interval '15 days'
    FROM buttons_button AS button
    JOIN accounts_creatorprofile AS profile ON profile.user_id = button.creator_id
    WHERE button.id = ANY (wanted) AND button.hidden_at IS NULL
    -- Who writes the same ones side by side meets them in the same order.
    ORDER BY button.id
    ON CONFLICT (button_id) DO UPDATE SET facets = excluded.facets, document = excluded.document
$$;

CREATE FUNCTION buttons_list_button() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM buttons_list(ARRAY[NEW.id]);
    RETURN NULL;
END $$;

CREATE FUNCTION buttons_list_creator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM buttons_list(ARRAY(SELECT id FROM buttons_button WHERE creator_id = NEW.user_id));
    RETURN NULL;
END $$;

CREATE TRIGGER list_button
    AFTER INSERT OR UPDATE OF title, description, category, tags, language, hidden_at ON buttons_button
    FOR EACH ROW EXECUTE FUNCTION buttons_list_button();
CREATE TRIGGER list_creator AFTER UPDATE OF name ON accounts_creatorprofile
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION buttons_list_creator();

SELECT buttons_list(ARRAY(SELECT id FROM buttons_button));
"""

BACKWARD = """
DROP TRIGGER list_creator ON accounts_creatorprofile;
DROP TRIGGER list_button ON buttons_button;
DROP FUNCTION buttons_list_creator();
DROP FUNCTION buttons_list_button();
DROP FUNCTION buttons_list(bigint[]);
"""

WORDS_BACKWARD = """
DROP FUNCTION buttons_search_query(text);
DROP FUNCTION buttons_fold(text);
"""


class Migration(migrations.Migration):
    """Adds the tables, what keeps them, and an index of clicks that were taken back."""

    dependencies = [("accounts", "0013_connections"), ("buttons", "0017_recent_clicks")]

    operations = [
        migrations.CreateModel(
            name="HeatCount",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("counted_until", models.DateTimeField(verbose_name="counted until")),
            ],
            options={
                "verbose_name": "count of clicks for what is trending",
                "verbose_name_plural": "counts of clicks for what is trending",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="heat_count_is_one")],
            },
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                (
                    "button",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="listing",
                        serialize=False,
                        to="buttons.button",
                        verbose_name="button",
                    ),
                ),
                (
                    "facets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None, verbose_name="facets"
                    ),
                ),
                ("document", django.contrib.postgres.search.SearchVectorField(verbose_name="words")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("hot_at", models.DateTimeField(verbose_name="hot")),
            ],
            options={"verbose_name": "listing", "verbose_name_plural": "listings"},
        ),
        migrations.RunSQL(WORDS, WORDS_BACKWARD),
        migrations.RunSQL(LISTINGS, BACKWARD),
        migrations.AddIndex(
            model_name="listing", index=models.Index(fields=["-created_at", "-button"], name="listing_newest")
        ),
        migrations.AddIndex(
            model_name="listing", index=models.Index(fields=["-hot_at", "-button"], name="listing_hottest")
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(fields=["facets"], name="listing_by_facets"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=django.contrib.postgres.indexes.GinIndex(fields=["document"], name="listing_by_words"),
        ),
        migrations.AddIndex(
            model_name="click",
            index=models.Index(
                condition=models.Q(("undone_at__isnull", False)),
                fields=["fan", "button"],
                name="click_undone_by_fan",
            ),
        ),
    ]
