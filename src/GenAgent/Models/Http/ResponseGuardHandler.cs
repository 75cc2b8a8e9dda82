using System.Buffers;
using System.Net;

namespace GenAgent.Models.Http;

/// <summary>
/// Reads an answer within limits. A whole answer is read to its end inside the attempt, so that an incomplete or slow answer counts as a failed attempt; a
/// streamed answer gets a stream that checks size and silence.
/// </summary>
internal sealed class ResponseGuardHandler(string backend, BackendHttpOptions options, TimeProvider timeProvider) : DelegatingHandler
{
    private const int PieceSize = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
        {
            return response;
        }

        try
        {
            var length = response.Content.Headers.ContentLength;
            if (length > options.MaxResponseBytes)
            {
                throw TooLarge(length.Value);
            }

            var raw = response.Content = Unpacked.Of(response.Content, backend);

            var type = raw.Headers.ContentType?.MediaType;
            if (response.IsSuccessStatusCode && string.Equals(type, "text/event-stream", StringComparison.OrdinalIgnoreCase))
            {
                var stream = new GuardedStream(await raw.ReadAsStreamAsync(cancellationToken), backend, options, timeProvider);
                Replace(response, raw, new StreamContent(stream));
                return response;
            }

            var body = ReadableText.Utf8(await ReadAsync(raw, length ?? 0, cancellationToken), raw.Headers.ContentType?.CharSet);

            // Some servers send data under this type too.
            if (response.IsSuccessStatusCode && string.Equals(type, "text/html", StringComparison.OrdinalIgnoreCase)
                && body.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'<', ..])
            {
                throw new BackendAnswerException(
                    $"{backend} answered {request.RequestUri?.AbsolutePath} with {BackendFault.Read(body).Message} instead of data. Is the address right, "
                        + "path included?");
            }

            Replace(response, raw, new BufferedContent(body));
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<byte[]> ReadAsync(HttpContent content, long expected, CancellationToken cancellationToken)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceSize);
        try
        {
            await using var stream = await content.ReadAsStreamAsync(cancellationToken);
            using var body = new MemoryStream((int)Math.Min(expected, 1 << 20));
            int read;
            while ((read = await stream.ReadAsync(piece, cancellationToken)) > 0)
            {
                if (body.Length + read > options.MaxResponseBytes)
                {
                    throw TooLarge(size: null);
                }

                body.Write(piece, 0, read);
            }

            return body.ToArray();
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            // For the retry logic any interruption is a lost connection.
            throw new HttpRequestException(HttpRequestError.ResponseEnded, "the answer broke off before its end", exception);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    private BackendAnswerException TooLarge(long? size) => new(
        $"{backend} sends {(size is null ? "more than the" : $"{size} bytes, more than the")} {options.MaxResponseBytes} bytes that are taken of an answer "
            + "(Http:MaxResponseBytes). The rest was not read.");

    private static void Replace(HttpResponseMessage response, HttpContent raw, HttpContent content)
    {
        foreach (var header in raw.Headers.NonValidated)
        {
            if (!string.Equals(header.Key, "Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                content.Headers.TryAddWithoutValidation(header.Key, header.Value.ToString());
            }
        }

        response.Content = content;
    }
}

/// <summary>An answer's body that has been read to its end.</summary>
internal sealed class BufferedContent(byte[] body) : ByteArrayContent(body)
{
    public byte[] Body { get; } = body;
}
