using System.Security.Cryptography;

namespace GenAgent.Storage;

/// <summary>SHA-256 of a file: what a run's identity names a file by.</summary>
public static class FileDigest
{
    /// <summary>The digest.</summary>
    /// <param name="file">The file's path.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string file)
    {
        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
