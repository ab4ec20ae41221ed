namespace ScaleHub.AppHost.LoadBalancer;

/// <summary>
/// What the balancer keeps, as a CDN in front of it would: the public feed, its page, and the files of pages.
/// <para>Guarantee: an answer is kept as long as its <c>Cache-Control</c> allows a shared cache to (RFC 9111), and used beyond
/// that only as <c>stale-while-revalidate</c> and <c>stale-if-error</c> allow (RFC 5861). Of those who ask for what is not there
/// one is sent on. Nothing is kept that has <c>Set-Cookie</c>, <c>private</c>, <c>no-cache</c> or <c>no-store</c>, or no time at
/// all. Whoever says who they are, or what they have seen already (<c>ScaleHub-Consistency</c>), is always sent on. It takes
/// 128 MB of disk at most, whatever is asked for; the feed's half cannot push the files out.</para>
/// </summary>
internal static class EdgeCache
{
    /// <summary>For the level <c>http</c>. The folder is that of nginx's image.</summary>
    public const string Stores = """
        # What nobody asks for that long goes: the feed, which is of use for 5 minutes while there is an error, and files, which
        # are for ever.
        proxy_cache_path /var/cache/nginx/feed levels=1:2 keys_zone=feed:4m max_size=64m inactive=10m use_temp_path=off;
        proxy_cache_path /var/cache/nginx/assets levels=1:2 keys_zone=assets:1m max_size=64m inactive=30d use_temp_path=off;

        # One of three values, so that no header of a client makes further variants of an answer. A weight of zero means no
        # (RFC 9110, 12.4.2).
        map $http_accept_encoding $coding {
            default '';
            '~*(^|,)\s*br\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?(,|$)' br;
            '~*(^|,)\s*gzip\s*(;\s*q=(1(\.0*)?|0?\.\d*[1-9]\d*)\s*)?(,|$)' gzip;
        }

        # Never the header itself: a header that is "0" would count as none.
        map "$http_authorization$http_scalehub_consistency" $personal {
            default 1;
            ''      '';
        }

        # Nobody needs the files from another origin (CORS); their answers would differ by it.
        map "$personal$http_origin" $not_for_everybody {
            default 1;
            ''      '';
        }

        # RFC 9211.
        map $upstream_cache_status $cache_status {
            default     '';
            HIT         'nginx; hit';
            STALE       'nginx; hit; detail=stale';
            UPDATING    'nginx; hit; detail=updating';
            MISS        'nginx; fwd=uri-miss';
            EXPIRED     'nginx; fwd=stale';
            REVALIDATED 'nginx; fwd=stale; fwd-status=304';
            BYPASS      'nginx; fwd=bypass';
        }

        # Of an answer that is kept, these were about whoever asked first.
        map $upstream_cache_status $own_ratelimit {
            default                             $upstream_http_ratelimit;
            '~HIT|STALE|UPDATING|REVALIDATED'   '';
        }

        map $upstream_cache_status $own_ratelimit_policy {
            default                             $upstream_http_ratelimit_policy;
            '~HIT|STALE|UPDATING|REVALIDATED'   '';
        }
        """;

    /// <summary>For the level <c>server</c>.</summary>
    public const string Locations = """
            # None of these is used by a location that is not cached.
            proxy_cache_lock on;
            proxy_cache_revalidate on;
            # While it is fetched anew, and only where the answer allows it; so there is no proxy_cache_use_stale.
            proxy_cache_background_update on;

            location = /api/v1/feed {
                proxy_pass http://api;
                proxy_cache feed;
                # What answers differ by, in place of Vary; and the host, as an answer might name it. No part but the last can
                # have a space in it, so two requests never share a key.
                proxy_cache_key "$scheme $coding $http_host $request_uri $http_origin";
                proxy_ignore_headers Vary;
                proxy_cache_bypass $personal;
                proxy_no_cache $personal;
                proxy_hide_header RateLimit;
                proxy_hide_header RateLimit-Policy;
                add_header RateLimit $own_ratelimit always;
                add_header RateLimit-Policy $own_ratelimit_policy always;
                add_header Cache-Status $cache_status always;
            }

            location = /feed {
                proxy_pass http://api;
                proxy_cache assets;
                # The page reads the query, the service does not.
                proxy_cache_key "$scheme $coding $uri";
                proxy_ignore_headers Vary;
                proxy_cache_bypass $not_for_everybody;
                proxy_no_cache $not_for_everybody;
                add_header Cache-Status $cache_status always;
            }

            location /assets/ {
                proxy_pass http://api;
                proxy_cache assets;
                proxy_cache_key "$scheme $coding $uri";
                proxy_ignore_headers Vary;
                proxy_cache_bypass $not_for_everybody;
                proxy_no_cache $not_for_everybody;
                add_header Cache-Status $cache_status always;
            }
        """;
}
