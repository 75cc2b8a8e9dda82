using System.IO.Compression;

namespace GenAgent.Models.Http;

/// <summary>
/// An answer that a proxy compressed. None is asked for, since compression delays the pieces of a stream; the limits of an answer count what comes out.
/// </summary>
internal static class Unpacked
{
    public static HttpContent Of(HttpContent raw) => raw.Headers.ContentEncoding is not { Count: 1 } coding ? raw
        : coding.Single().ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => new UnpackedContent(raw, stream => new GZipStream(stream, CompressionMode.Decompress)),
        "br" => new UnpackedContent(raw, stream => new BrotliStream(stream, CompressionMode.Decompress)),
        "deflate" => new UnpackedContent(raw, stream => new ZLibStream(stream, CompressionMode.Decompress)),
        _ => raw,
    };

    private sealed class UnpackedContent : HttpContent
    {
        private readonly HttpContent _raw;
        private readonly Func<Stream, Stream> _unpack;

        public UnpackedContent(HttpContent raw, Func<Stream, Stream> unpack)
        {
            (_raw, _unpack) = (raw, unpack);
            foreach (var header in raw.Headers.NonValidated)
            {
                if (header.Key.ToUpperInvariant() is not ("CONTENT-LENGTH" or "CONTENT-ENCODING"))
                {
                    Headers.TryAddWithoutValidation(header.Key, header.Value.ToString());
                }
            }
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => _unpack(await _raw.ReadAsStreamAsync());

        protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
            _unpack(await _raw.ReadAsStreamAsync(cancellationToken));

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
}
