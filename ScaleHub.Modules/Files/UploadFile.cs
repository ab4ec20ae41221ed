using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Files;

/// <summary>
/// <c>POST /api/v1/files</c>: takes one file, and passes it on to the blob store while it comes (multipart/form-data, RFC 7578). It is
/// kept when something attaches it, and is deleted in a day otherwise: so a repeated upload does no harm, and takes no key.
/// </summary>
public static class UploadFile
{
    /// <summary>Most bytes of a file.</summary>
    public const long MaxBytes = 25 * 1024 * 1024;

    /// <summary>Most bytes of the request: the file, and what is around it.</summary>
    public const long MaxRequestBytes = MaxBytes + (64 * 1024);

    /// <summary>Most files of a user that are attached to nothing.</summary>
    public const int MaxUnattached = 100;

    private const int MaxName = 200, MaxBoundary = 70;
    private static readonly TimeSpan Keep = TimeSpan.FromDays(1);

    /// <summary>Uploads one file: a PDF, PNG, JPEG or TIFF of at most 25 MiB, as the part <c>file</c> of a form.</summary>
    /// <remarks>It is deleted after a day unless something, such as an exam, has it attached by then.</remarks>
    public static async Task<Results<Created<FileResponse>, ProblemHttpResult>> HandleAsync(
        HttpRequest request, FileWriter writer, FileLinks links, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= MaxBoundary } boundary
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return TypedResults.Problem("Send the file as a part of multipart/form-data.", statusCode: 415);

        try
        {
            var form = new MultipartReader(boundary, request.Body) { HeadersCountLimit = 8, HeadersLengthLimit = 4096 };
            return await ReceiveAsync(form, writer, cancellationToken) is { } file
                ? TypedResults.Created($"/api/v1/files/{file.Id}", FileResponse.From(file, links))
                : TypedResults.Problem($"The file must be a {FileTypes.Names}; its content is none of them.", statusCode: 415);
        }
        catch (TooManyFilesException)
        {
            return TypedResults.Problem(
                $"You have {MaxUnattached} files that are attached to nothing. Attach them, or wait until they expire.", statusCode: 409);
        }
        catch (FileTooLargeException)
        {
            return TypedResults.Problem("A file has at most 25 MiB.", statusCode: StatusCodes.Status413PayloadTooLarge);
        }
    }

    /// <summary>Null: it is of no kind that may be uploaded.</summary>
    private static async Task<StoredFile?> ReceiveAsync(MultipartReader form, FileWriter writer, CancellationToken cancellationToken)
    {
        if (await ReadAsync(() => form.ReadNextSectionAsync(cancellationToken)) is not { } part
            || !ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || !disposition.IsFileDisposition())
            throw new BadRequestException("The form has no file. Send one, as the first part.");
        var start = new byte[FileTypes.Prefix];
        var read = await ReadAsync(
            () => part.Body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).AsTask());
        if (FileTypes.Detect(start.AsSpan(0, read)) is not { } contentType) return null;
        return await writer.UploadAsync(new(NameOf(disposition), contentType, Keep, MaxBytes), MaxUnattached, async (content, ct) =>
        {
            await content.WriteAsync(start.AsMemory(0, read), ct);
            var buffer = new byte[64 * 1024];
            while (await ReadAsync(() => part.Body.ReadAsync(buffer, ct).AsTask()) is > 0 and var count)
                await content.WriteAsync(buffer.AsMemory(0, count), ct);
            if (await ReadAsync(() => form.ReadNextSectionAsync(ct)) is not null)
                throw new BadRequestException("The form has more than one part. Send one file at a time.");
        }, cancellationToken);
    }

    /// <summary>What is wrong with the body is the client's mistake, and none of the store.</summary>
    private static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new FileTooLargeException(MaxBytes);
        }
        catch (Exception e) when (e is InvalidDataException || (e is IOException and not BadHttpRequestException))
        {
            throw new BadRequestException("The form is not complete, or is not multipart/form-data.");
        }
    }

    /// <summary>The last part of the sender's path, without what cannot be seen or cannot be in a name.</summary>
    private static string NameOf(ContentDispositionHeaderValue disposition)
    {
        var given = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value ?? "";
        var last = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        // Runes: half a surrogate pair is no text.
        var name = string.Concat(last.EnumerateRunes()
            .Where(r => r.Value != '\uFFFD' && !Rune.IsControl(r) && r.Value is not ('"' or ':' or '<' or '>' or '|' or '*' or '?')
                && Rune.GetUnicodeCategory(r) != UnicodeCategory.Format)
            .Take(MaxName / 2)).Trim(' ', '.');
        return name.Length == 0 ? "file" : name;
    }
}
