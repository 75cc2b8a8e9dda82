using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace GenAgent.Models.Hub;

/// <summary>Checks content against the name that the hub gives it: SHA-256 for large files, git's blob hash for small ones.</summary>
internal sealed class ContentHash : IDisposable
{
    private const int Sha256Length = 64;
    private const int GitLength = 40;

    private readonly string _expected;
    private readonly IncrementalHash _hash;

    /// <summary>Starts hashing.</summary>
    /// <param name="expected">The name: 64 or 40 hexadecimal digits.</param>
    /// <param name="length">How long the content will be; part of git's hash.</param>
    public ContentHash(string expected, long length)
    {
        _expected = expected;
#pragma warning disable CA5350 // git names its objects by SHA-1; nothing else here relies on it
        _hash = IncrementalHash.CreateHash(expected.Length == Sha256Length ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        if (expected.Length == GitLength)
        {
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {length}\0")));
        }
    }

    /// <summary>Whether a text is a supported hash.</summary>
    public static bool IsHash(string text) => text.Length is Sha256Length or GitLength && text.All(char.IsAsciiHexDigitLower);

    public void Append(ReadOnlySpan<byte> content) => _hash.AppendData(content);

    public bool Matches() => string.Equals(Convert.ToHexStringLower(_hash.GetCurrentHash()), _expected, StringComparison.Ordinal);

    /// <summary>Whether a file's content matches its name.</summary>
    public static async Task<bool> MatchesFileAsync(string path, string expected, CancellationToken cancellationToken)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream)
        {
            using var hash = new ContentHash(expected, stream.Length);
            await hash.AppendAsync(stream, cancellationToken);
            return hash.Matches();
        }
    }

    public async Task AppendAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 20];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            Append(buffer.AsSpan(0, read));
        }
    }

    public void Dispose() => _hash.Dispose();
}
