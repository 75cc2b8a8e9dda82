using System.Security.Cryptography;

namespace GenAgent.Training.Runs;

/// <summary>SHA-256 of a file, in lower-case hexadecimal digits: what a run's identity names a file by.</summary>
internal static class FileDigest
{
    public static string Of(string file)
    {
        using var content = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(content));
    }
}
