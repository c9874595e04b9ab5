"""Keys, confirmations and clicks by one press; one function tells a frame all that it shows, whose plan is kept."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION buttons_frames(
    slugs text[], urls text[], url_hosts text[], pages text[], origins text[], origin_hosts text[],
    key_hashes text[], moment timestamptz, month date, confirmed_after timestamptz
) RETURNS TABLE (
    place bigint, creator_id bigint, creator_name text, button_id bigint, is_hidden boolean, clicks bigint,
    is_verified boolean, fan_id bigint, has_budget boolean, own_clicks bigint, is_confirmed boolean
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
               EXISTS (SELECT FROM buttons_site AS site
                       WHERE site.creator_id = profile.user_id AND site.host = asked.origin_host
                             AND site.verified_at IS NOT NULL),
               key.fan_id,
               key.id IS NOT NULL AND coalesce(
                   (SELECT subscription.state = 'active' FROM accounts_subscription AS subscription
                    WHERE subscription.fan_id = key.fan_id AND subscription.effective_from <= month
                    ORDER BY subscription.id DESC LIMIT 1), false),
               (SELECT count(*) FROM buttons_click AS click
                WHERE click.period = month AND click.fan_id = key.fan_id AND click.button_id = button.id
                      AND click.undone_at IS NULL),
               EXISTS (SELECT FROM buttons_confirmation AS confirmation
                       WHERE confirmation.fan_id = key.fan_id AND confirmation.origin = asked.origin
                             AND confirmation.creator_id = profile.user_id
                             AND confirmation.confirmed_at > confirmed_after)
        FROM unnest(slugs, urls, url_hosts, pages, origins, origin_hosts, key_hashes) WITH ORDINALITY
             AS asked (slug, url, url_host, page, origin, origin_host, key_hash, place)
        JOIN accounts_creatorprofile AS profile ON profile.slug = asked.slug
        -- A page of a verified site has a button of its own, or gets one by its first click. All else is for the
        -- creator's own page.
        LEFT JOIN buttons_button AS own ON own.creator_id = profile.user_id AND own.url = asked.url
        LEFT JOIN buttons_button AS page ON own.id IS NULL AND page.creator_id = profile.user_id
             AND page.url = asked.page AND NOT EXISTS (
                 SELECT FROM buttons_site AS site
                 WHERE site.creator_id = profile.user_id AND site.host = asked.url_host
                       AND site.verified_at IS NOT NULL)
        LEFT JOIN buttons_button AS button ON button.id = coalesce(own.id, page.id)
        LEFT JOIN buttons_sitekey AS key ON key.id = (
            SELECT found.id FROM buttons_sitekey AS found
            WHERE asked.key_hash <> '' AND found.secret_hash = asked.key_hash
            UNION ALL
            SELECT found.id FROM buttons_sitekey AS found
            WHERE asked.key_hash <> '' AND found.previous_hash = asked.key_hash
            LIMIT 1)
            AND key.origin = asked.origin AND key.revoked_at IS NULL AND key.expires_at > moment;
END $$;
"""

BACKWARD = "DROP FUNCTION buttons_frames"


class Migration(migrations.Migration):
    """Adds the function."""

    dependencies = [("buttons", "0009_keys")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
