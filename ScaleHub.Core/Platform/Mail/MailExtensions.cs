using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MimeKit;
using ScaleHub.Core.Platform.Jobs;

namespace ScaleHub.Core.Platform.Mail;

/// <summary>Registers mail.</summary>
public static class MailExtensions
{
    /// <summary>The settings, for those who put links into mails.</summary>
    public static IHostApplicationBuilder AddMail(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<MailOptions>().BindConfiguration(MailOptions.Section).ValidateDataAnnotations()
            .Validate(o => MailboxAddress.TryParse(o.From, out _), $"{MailOptions.Section}__From is no address.").ValidateOnStart();
        return builder;
    }

    /// <summary>The sender, for workers: the API needs no password of a mail server.</summary>
    public static IHostApplicationBuilder AddMailSender(this IHostApplicationBuilder builder)
    {
        if (builder.Configuration.GetConnectionString(MailOptions.ConnectionName) is not { Length: > 0 } url)
        {
            builder.Services.AddSingleton<IMailSender, FolderSender>();
            return builder;
        }
        try
        {
            builder.Services.AddSingleton(MailServer.Parse(url));
        }
        catch (FormatException e)
        {
            throw new OptionsValidationException(MailOptions.Section, typeof(MailOptions), [e.Message]);
        }
        builder.Services.AddSingleton<IMailSender, SmtpSender>();
        return builder;
    }

    /// <summary>Adds <see cref="SendMail"/>.</summary>
    public static JobList HandleMail(this JobList jobs) => jobs.Handle<SendMail, SendMailHandler>();
}
