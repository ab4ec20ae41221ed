using System.Text;

namespace ScaleHub.AppHost.LoadBalancer;

/// <summary>Adds the balancer.</summary>
internal static class NginxExtensions
{
    /// <summary>
    /// Adds nginx before some programs: the instance with the fewest requests gets the next one; one that fails is left out
    /// for a while, and what is safe to repeat is repeated on another.
    /// </summary>
    public static IResourceBuilder<NginxResource> AddLoadBalancer(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, int port,
        IReadOnlyList<IResourceBuilder<ProjectResource>> instances)
    {
        var balancer = builder.AddResource(new NginxResource(name))
            .WithImage("library/nginx", "1.28").WithImageRegistry("docker.io")
            .WithHttpEndpoint(port: port, targetPort: 8080, env: "NGINX_PORT")
            .WithExternalHttpEndpoints();
        var upstream = new StringBuilder();
        for (var i = 0; i < instances.Count; i++)
        {
            var endpoint = instances[i].GetEndpoint("http");
            upstream.Append("    server ${INSTANCE_").Append(i).Append("} max_fails=3 fail_timeout=5s;\n");
            balancer
                .WithEnvironment($"INSTANCE_{i}",
                    $"{endpoint.Property(EndpointProperty.IPV4Host)}:{endpoint.Property(EndpointProperty.Port)}")
                .WithReferenceRelationship(instances[i].Resource)
                .WaitFor(instances[i]);
        }
        var site = Template
            .Replace("{{instances}}", upstream.ToString(), StringComparison.Ordinal)
            .Replace("{{cache stores}}", EdgeCache.Stores, StringComparison.Ordinal)
            .Replace("{{cached locations}}", EdgeCache.Locations, StringComparison.Ordinal);
        return balancer.WithContainerFiles(
            "/etc/nginx/templates", [new ContainerFile { Name = "scalehub.conf.template", Contents = site }]);
    }

    private const string Template = """
        upstream api {
            least_conn;
        {{instances}}    keepalive 64;
        }

        map $http_upgrade $connection_upgrade {
            default upgrade;
            ''      '';
        }

        map $http_x_request_id $request_id_or_new {
            default $http_x_request_id;
            ''      $request_id;
        }

        {{cache stores}}

        # The balancer's own errors look like the API's: application/problem+json (RFC 9457).
        map $status $problem_title {
            default 'Bad Request';
            404     'Not Found';
            405     'Method Not Allowed';
            408     'Request Timeout';
            411     'Length Required';
            413     'Content Too Large';
            414     'URI Too Long';
            431     'Request Header Fields Too Large';
            500     'Internal Server Error';
            501     'Not Implemented';
            502     'Bad Gateway';
            503     'Service Unavailable';
            504     'Gateway Timeout';
            505     'HTTP Version Not Supported';
        }

        map $status $problem_type {
            default https://www.rfc-editor.org/rfc/rfc9110#name-bad-request;
            404     https://www.rfc-editor.org/rfc/rfc9110#name-not-found;
            405     https://www.rfc-editor.org/rfc/rfc9110#name-method-not-allowed;
            408     https://www.rfc-editor.org/rfc/rfc9110#name-request-timeout;
            411     https://www.rfc-editor.org/rfc/rfc9110#name-length-required;
            413     https://www.rfc-editor.org/rfc/rfc9110#name-content-too-large;
            414     https://www.rfc-editor.org/rfc/rfc9110#name-uri-too-long;
            431     https://www.rfc-editor.org/rfc/rfc6585#section-5;
            500     https://www.rfc-editor.org/rfc/rfc9110#name-internal-server-error;
            501     https://www.rfc-editor.org/rfc/rfc9110#name-not-implemented;
            502     https://www.rfc-editor.org/rfc/rfc9110#name-bad-gateway;
            503     https://www.rfc-editor.org/rfc/rfc9110#name-service-unavailable;
            504     https://www.rfc-editor.org/rfc/rfc9110#name-gateway-timeout;
            505     https://www.rfc-editor.org/rfc/rfc9110#name-http-version-not-supported;
        }

        map $status $problem_detail {
            default 'The request is not valid HTTP.';
            404     'There is nothing at this address.';
            405     'The method is not allowed here.';
            408     'The request did not arrive in time.';
            411     'The request has no Content-Length.';
            413     'A body has at most 1 megabyte.';
            414     'The address is too long.';
            431     'The headers are too long.';
            500     'The load balancer failed.';
            501     'The transfer encoding is not known.';
            502     'No instance answered. Try again shortly; look before you repeat a change.';
            503     'No instance is free. Try again shortly.';
            504     'No instance answered in time. Look before you repeat a change.';
            505     'The version of HTTP is not known: use HTTP/1.1.';
        }

        # An empty value leaves the header out.
        map $status $problem_retry_after {
            default '';
            502     1;
            503     1;
            504     1;
        }

        # Here a 405 is TRACE or CONNECT, whatever the address; these are passed on, and the API may allow fewer.
        map $status $problem_allow {
            default '';
            405     'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS';
        }

        server {
            listen ${NGINX_PORT};
            server_tokens off;
            # As the instances have it: they close the connection on more, which would be a 502 while it is still being sent.
            client_max_body_size 1m;

            # Not a named location: what is no HTTP has no address, and cannot be sent on to one.
            error_page 400 404 405 408 411 413 414 500 501 502 503 504 505 /.problem;
            error_page 494 =431 /.problem;

            location = /.problem {
                internal;
                # Not measured a second time: a body that is too large would get nginx's own page then.
                client_max_body_size 0;
                default_type application/problem+json;
                add_header Retry-After $problem_retry_after always;
                add_header Allow $problem_allow always;
                add_header X-Content-Type-Options nosniff always;
                # The status stays that of the error.
                return 200 '{"type":"$problem_type","title":"$problem_title","status":$status,"detail":"$problem_detail","traceId":"$request_id"}';
            }

            # Of all locations.
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_set_header X-Request-Id $request_id_or_new;
            proxy_set_header Accept-Encoding $coding;

            # This is the edge: what a client claims about where it comes from is not passed on.
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;

            # A longer header of an answer would be a 502, and count as a failure of the instance, which no setting prevents:
            # a client that made one longer could take them all out. Twice a query of 8k, escaped, fits.
            proxy_buffer_size 64k;
            proxy_buffers 8 32k;
            proxy_busy_buffers_size 128k;

            # nginx repeats a POST or PATCH only if it has not been sent; whether it was carried out cannot be known.
            proxy_next_upstream error timeout;
            proxy_next_upstream_tries 3;
            proxy_connect_timeout 1s;
            # For event streams and WebSockets, which are silent between heartbeats. Streams say X-Accel-Buffering: no;
            # all else is buffered, so that slow clients do not hold on to an instance.
            proxy_read_timeout 120s;
            proxy_send_timeout 120s;

            location / {
                proxy_pass http://api;
            }

        {{cached locations}}
        }

        """;
}
