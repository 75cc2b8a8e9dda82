using System.Text.RegularExpressions;

namespace GenAgent.Telemetry;

/// <summary>
/// Blots out secrets in text that is to be logged, stored or shown: the values it was told, and what has the form of a key, a bearer
/// token, a password in a URL or a key in a query. Safe to use from many tasks at once.
/// </summary>
public sealed class SecretMask
{
    private const string Blot = "***";
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static readonly Regex Key = new(
        @"\b(sk|pk|rk)-[A-Za-z0-9_\-]{16,}|\bhf_[A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bAKIA[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_\-]{30,}", Linear);

    private static readonly Regex Labelled = new(
        @"(?<head>\bBearer\s{1,4}|\b(api|access)[_-]?(key|token)[""']?\s{0,4}[=:]\s{0,4}[""']?|[?&](key|token|sig|signature)=)[A-Za-z0-9._~+/%\-]{8,}={0,2}",
        Linear | RegexOptions.IgnoreCase);

    private static readonly Regex UrlPassword = new(@"(?<head>://[^/\s:@]{0,64}:)[^/\s@]{1,256}@", Linear);

    private readonly string[] _secrets;

    /// <summary>Creates a mask.</summary>
    /// <param name="secrets">Values to blot out wherever they stand; those of fewer than six characters are left, since they would blot out ordinary words.</param>
    public SecretMask(IEnumerable<string> secrets) =>
        _secrets = [.. secrets.Where(secret => secret.Length >= 6).OrderByDescending(secret => secret.Length)];

    /// <summary>A mask that knows the forms of secrets, and no values.</summary>
    public static SecretMask Default { get; } = new([]);

    /// <summary>The text with every secret blotted out; the same text when there is none.</summary>
    public string Mask(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, Blot, StringComparison.Ordinal);
        }

        text = Key.Replace(text, Blot);
        text = Labelled.Replace(text, $"${{head}}{Blot}");
        return UrlPassword.Replace(text, $"${{head}}{Blot}@");
    }
}
