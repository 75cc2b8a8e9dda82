using System.Security.Cryptography;

namespace GenAgent.Storage;

/// <summary>What a file is known by, wherever it lies.</summary>
public static class FileDigest
{
    /// <summary>SHA-256 of a file, in lower-case hexadecimal digits.</summary>
    /// <param name="file">The file.</param>
    /// <returns>64 digits.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Of(string file)
    {
        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
