"""Buttons of a creator whom staff make inactive are hidden, and shown once they are active again.

What the creator had hidden stays hidden. Where there is no button yet, a frame finds no creator either.
"""

from importlib import import_module

from django.db import migrations

HIDING = """
CREATE FUNCTION buttons_follow_creator() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    button bigint;
BEGIN
    -- One after the other, since others write several of their listings in this order.
    FOR button IN
        SELECT id FROM buttons_button
        WHERE creator_id = NEW.id AND hidden_at IS NOT DISTINCT FROM OLD.inactive_since ORDER BY id
    LOOP
        UPDATE buttons_button SET hidden_at = NEW.inactive_since
        WHERE id = button AND hidden_at IS NOT DISTINCT FROM OLD.inactive_since;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER show_or_hide_buttons AFTER UPDATE OF is_active ON accounts_user
    FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION buttons_follow_creator();

UPDATE buttons_button AS button SET hidden_at = creator.inactive_since
FROM accounts_user AS creator
WHERE creator.id = button.creator_id AND NOT creator.is_active AND button.hidden_at IS NULL;
"""

SHOWN = """
UPDATE buttons_button AS button SET hidden_at = NULL
FROM accounts_user AS creator WHERE creator.id = button.creator_id AND button.hidden_at = creator.inactive_since;
DROP TRIGGER show_or_hide_buttons ON accounts_user;
DROP FUNCTION buttons_follow_creator();
"""

PLACES = """
CREATE OR REPLACE FUNCTION buttons_places(
    slugs text[], urls text[], url_hosts text[], pages text[], origin_hosts text[]
) RETURNS TABLE (
    place bigint, creator_id bigint, creator_name text, button_id bigint, is_hidden boolean, clicks bigint,
    is_verified boolean
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    counted_until date := (SELECT coalesce(max(period), '-infinity') FROM buttons_closedperiod);
BEGIN
    RETURN QUERY
        SELECT asked.place, profile.user_id, profile.name::text, button.id, button.hidden_at IS NOT NULL,
               (SELECT coalesce(sum(month.clicks), 0)::bigint FROM buttons_monthlyclicks AS month
                WHERE month.button_id = button.id)
               + (SELECT count(*) FROM buttons_click AS click
                  WHERE click.button_id = button.id AND click.undone_at IS NULL AND click.period > counted_until),
               -- Most often the very host is verified, which is found at once.
               coalesce(
                   (SELECT site.creator_id = profile.user_id FROM buttons_site AS site
                    WHERE site.host = asked.origin_host AND site.verified_at IS NOT NULL),
                   EXISTS (SELECT FROM buttons_verified_site(asked.origin_host) AS site
                           WHERE site.owner_id = profile.user_id))
        FROM unnest(slugs, urls, url_hosts, pages, origin_hosts) WITH ORDINALITY
             AS asked (slug, url, url_host, page, origin_host, place)
        JOIN accounts_creatorprofile AS profile ON profile.slug = asked.slug
        -- A page of a verified site has a button of its own, or gets one by its first click; the button's other
        -- addresses lead to it. All else is for the creator's own page. What comes first is enough.
        LEFT JOIN LATERAL (
            SELECT own.id, own.hidden_at FROM buttons_button AS own
            WHERE own.creator_id = profile.user_id AND own.url = asked.url
            UNION ALL
            SELECT moved.id, moved.hidden_at FROM buttons_buttonalias AS alias
            JOIN buttons_button AS moved ON moved.id = alias.button_id AND moved.creator_id = profile.user_id
            WHERE alias.creator_id = profile.user_id AND alias.url = asked.url
            UNION ALL
            SELECT page.id, page.hidden_at FROM buttons_button AS page
            WHERE page.creator_id = profile.user_id AND page.url = asked.page AND NOT EXISTS (
                SELECT FROM buttons_verified_site(asked.url_host) AS site WHERE site.owner_id = profile.user_id)
            LIMIT 1) AS button ON true
        -- A button that is there tells by itself whether its creator is active.
        WHERE button.id IS NOT NULL
              OR (SELECT creator.is_active FROM accounts_user AS creator WHERE creator.id = profile.user_id);
END $$;
"""

PLACES_BEFORE = import_module("buttons.migrations.0014_places").PLACES.replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)


class Migration(migrations.Migration):
    """Adds a trigger, hides buttons of those who are inactive already, and rewrites a function."""

    dependencies = [("accounts", "0019_inactive_since"), ("buttons", "0021_visibility_of_clicks")]

    operations = [migrations.RunSQL(HIDING, SHOWN), migrations.RunSQL(PLACES, PLACES_BEFORE)]
