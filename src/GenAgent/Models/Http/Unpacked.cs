using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;

namespace GenAgent.Models.Http;

/// <summary>
/// An answer that a proxy compressed. None is asked for, since compression delays the pieces of a stream; the limits of an answer count what comes out.
/// What the bytes are counts more than what the header says: some answers are named compressed and are not, or the other way round.
/// </summary>
internal static class Unpacked
{
    /// <summary>The content, to be read unpacked.</summary>
    /// <exception cref="BackendAnswerException">It is compressed in a way that is not read.</exception>
    public static HttpContent Of(HttpContent raw, string backend)
    {
        var coding = raw.Headers.ContentEncoding is { Count: > 0 } codings ? string.Join(", ", codings).ToLowerInvariant() : string.Empty;
        return coding is "zstd" or "compress" or "x-compress" or "dcb" or "dcz"
            ? throw new BackendAnswerException($"{backend} sent an answer that is compressed with {coding}, which was not asked for and is not read: "
                + "switch that off at the server or the proxy before it.")
            : new UnpackedContent(raw, coding);
    }

    private static Stream Open(PipeReader reader, ReadOnlySequence<byte> head, string coding)
    {
        Span<byte> first = stackalloc byte[2];
        var isShort = head.Length < 2;
        if (!isShort) head.Slice(0, 2).CopyTo(first);
        reader.AdvanceTo(head.Start);
        var bytes = reader.AsStream();
        return isShort ? bytes
            : first is [0x1F, 0x8B] ? new GZipStream(bytes, CompressionMode.Decompress)
            : coding is "br" ? new BrotliStream(bytes, CompressionMode.Decompress)
            : coding is not "deflate" ? bytes
            : IsZLib(first) ? new ZLibStream(bytes, CompressionMode.Decompress)
            : new DeflateStream(bytes, CompressionMode.Decompress);
    }

    // RFC 1950; some servers send the bare data of RFC 1951 by the same name.
    private static bool IsZLib(ReadOnlySpan<byte> first) => (first[0] & 0x0F) == 8 && ((first[0] << 8) | first[1]) % 31 == 0;

    private sealed class UnpackedContent : HttpContent
    {
        private readonly HttpContent _raw;
        private readonly string _coding;

        public UnpackedContent(HttpContent raw, string coding)
        {
            (_raw, _coding) = (raw, coding);
            foreach (var header in raw.Headers.NonValidated)
            {
                // Without compression the length is checked before anything is read.
                if (header.Key.ToUpperInvariant() is not ("CONTENT-LENGTH" or "CONTENT-ENCODING"))
                {
                    Headers.TryAddWithoutValidation(header.Key, header.Value.ToString());
                }
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => new UnpackedStream(await _raw.ReadAsStreamAsync(), _coding);

        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            new UnpackedStream(await _raw.ReadAsStreamAsync(cancellationToken), _coding);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
        {
            await using var unpacked = await CreateContentReadStreamAsync();
            await unpacked.CopyToAsync(stream);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _raw.Dispose();
            base.Dispose(disposing);
        }
    }

    // Decides at the first reading, so that opening an answer waits for none of its bytes.
    private sealed class UnpackedStream(Stream raw, string coding) : AnswerStream(raw)
    {
        private readonly PipeReader _reader = PipeReader.Create(raw, new StreamPipeReaderOptions(bufferSize: 32 * 1024));
        private Stream? _unpacked;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _unpacked ??= Open(_reader, (await _reader.ReadAtLeastAsync(2, cancellationToken)).Buffer, coding);
            return await _unpacked.ReadAsync(buffer, cancellationToken);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) _unpacked?.Dispose();
            base.Dispose(disposing);
        }
    }
}
