using System.Globalization;
using ScaleHub.MailCatcher;
using ScaleHub.ServiceDefaults;
using ScaleHub.ServiceDefaults.Configuration;
using ScaleHub.ServiceDefaults.Startup;

// For development: a mail server (port SMTP_PORT) and a page that shows what came in (ASPNETCORE_URLS).
return await ClearErrors.RunAsync(async () =>
{
    var builder = WebApplication.CreateBuilder(args);
    builder.AddServiceDefaults();
    if (!int.TryParse(builder.Configuration["SMTP_PORT"], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
        || port is 0 or > 65535)
        throw new ConfigurationException("SMTP_PORT must be a number from 1 to 65535.");
    builder.Services.AddSingleton<Mailbox>();
    builder.Services.AddHostedService(services => new Catcher(services.GetRequiredService<Mailbox>(), port));

    var app = builder.Build();
    app.Use((context, next) =>
    {
        // A mail is shown in a frame without rights; it loads nothing from anywhere.
        context.Response.Headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments("/mails")
            ? "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-top-navigation-by-user-activation"
            : "default-src 'self'; frame-ancestors 'none'";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return next(context);
    });
    app.MapGet("/", () => Page("index.html", "text/html; charset=utf-8"));
    app.MapGet("/page.css", () => Page("page.css", "text/css"));
    app.MapGet("/page.js", () => Page("page.js", "text/javascript"));
    app.MapGet("/api/mails", (Mailbox mailbox, string? to) => mailbox.List(to));
    app.MapDelete("/api/mails", (Mailbox mailbox) =>
    {
        mailbox.Clear();
        return Results.NoContent();
    });
    // As the reader of mails would show it: links open outside the frame.
    app.MapGet("/mails/{id:int}", (Mailbox mailbox, int id) => mailbox.Find(id) is { } mail
        ? Results.Content((mail.Html ?? "<pre>" + System.Net.WebUtility.HtmlEncode(mail.Text) + "</pre>")
            .Replace("<head>", "<head><base target=\"_blank\">", StringComparison.Ordinal), "text/html; charset=utf-8")
        : Results.NotFound());
    app.MapDefaultEndpoints();
    await app.RunAsync();
});

static IResult Page(string name, string type)
    => Results.Stream(typeof(Mailbox).Assembly.GetManifestResourceStream(name)!, type);
