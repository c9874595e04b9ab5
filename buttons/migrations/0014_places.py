"""What a frame shows to everybody is found by a function of its own: most who see a button have no key for it.

The one that knows the visitor, too, takes all of that from it.
"""

from importlib import import_module

from django.db import migrations

PLACES = """
CREATE FUNCTION buttons_places(
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
            LIMIT 1) AS button ON true;
END $$;
"""

FRAMES = """
CREATE OR REPLACE FUNCTION buttons_frames(
    slugs text[], urls text[], url_hosts text[], pages text[], origins text[], origin_hosts text[],
    key_hashes text[], moment timestamptz, month date, confirmed_after timestamptz
) RETURNS TABLE (
    place bigint, creator_id bigint, creator_name text, button_id bigint, is_hidden boolean, clicks bigint,
    is_verified boolean, fan_id bigint, has_budget boolean, own_clicks bigint, is_confirmed boolean,
    is_trusted boolean, has_good_name boolean
)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT shown.*,
               key.fan_id,
               key.id IS NOT NULL AND coalesce(
                   (SELECT subscription.state = 'active' FROM accounts_subscription AS subscription
                    WHERE subscription.fan_id = key.fan_id AND subscription.effective_from <= month
                    ORDER BY subscription.id DESC LIMIT 1), false),
               (SELECT count(*) FROM buttons_click AS click
                WHERE click.period = month AND click.fan_id = key.fan_id AND click.button_id = shown.button_id
                      AND click.undone_at IS NULL),
               EXISTS (SELECT FROM buttons_confirmation AS confirmation
                       WHERE confirmation.fan_id = key.fan_id AND confirmation.origin = asked.origin
                             AND confirmation.creator_id = shown.creator_id
                             AND confirmation.confirmed_at > confirmed_after
                             AND confirmation.revoked_at IS NULL),
               standing.frozen_at IS NULL AND coalesce(standing.demoted_until <= moment, true),
               coalesce(standing.has_good_name, false)
        FROM buttons_places(slugs, urls, url_hosts, pages, origin_hosts) AS shown
        CROSS JOIN LATERAL (SELECT origins[shown.place] AS origin, key_hashes[shown.place] AS key_hash) AS asked
        LEFT JOIN buttons_sitekey AS key ON key.id = (
            SELECT found.id FROM buttons_sitekey AS found
            WHERE asked.key_hash <> '' AND found.secret_hash = asked.key_hash
            UNION ALL
            SELECT found.id FROM buttons_sitekey AS found
            WHERE asked.key_hash <> '' AND found.previous_hash = asked.key_hash
            LIMIT 1)
            AND key.origin = asked.origin AND key.revoked_at IS NULL AND key.expires_at > moment
        LEFT JOIN buttons_originstanding AS standing ON standing.origin = asked.origin;
END $$;
"""

BACKWARD = import_module("buttons.migrations.0013_moves").FRAMES + "DROP FUNCTION buttons_places;"


class Migration(migrations.Migration):
    """Adds one function and rewrites the other."""

    dependencies = [("buttons", "0013_moves")]

    operations = [migrations.RunSQL(PLACES + FRAMES, BACKWARD)]
