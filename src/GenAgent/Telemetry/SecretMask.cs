using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;

namespace GenAgent.Telemetry;

/// <summary>
/// Masks secrets in text before it is logged, stored or shown: first known values, also in their JSON, HTML, URL and Basic authorization encodings, then
/// anything that looks like a key, a bearer token, a password in a URL or a key in a query. Safe to use from many tasks at once.
/// </summary>
public sealed class SecretMask
{
    private const string Blot = "***";
    private const int Shortest = 6;
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;

    private static readonly Regex Key = new(
        @"\b(sk|pk|rk)-[A-Za-z0-9_\-]{16,}|\bhf_[A-Za-z0-9]{16,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bAKIA[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_\-]{30,}", Linear);

    private static readonly Regex Labelled = new(
        @"(?<head>\bBearer\s{1,4}|\b(api|access)[_-]?(key|token)[""']?\s{0,4}[=:]\s{0,4}[""']?|[?&](key|token|sig|signature)=)[A-Za-z0-9._~+/%\-]{8,}={0,2}",
        Linear | RegexOptions.IgnoreCase);

    private static readonly bool[] Choices = [false, true];

    private static readonly Regex Escapes = new("%[0-9A-F]{2}", Linear);

    private static readonly Regex UrlPassword = new(@"(?<head>://[^/\s:@]{0,64}:)[^/\s@]{1,256}@", Linear);

    private readonly string[] _secrets;

    /// <summary>Creates a mask.</summary>
    /// <param name="secrets">Values to mask anywhere; values of fewer than six characters are ignored, since they would mask ordinary words.</param>
    public SecretMask(IEnumerable<string> secrets)
        : this(LongestFirst(secrets.SelectMany(AsSent).Where(secret => secret.Length >= Shortest).SelectMany(Forms)))
    {
    }

    private SecretMask(string[] forms) => _secrets = forms;

    /// <summary>A mask for the forms of secrets, without known values.</summary>
    public static SecretMask Default { get; } = new([]);

    /// <summary>A mask that combines both.</summary>
    /// <param name="other">Another mask.</param>
    /// <returns>A new mask.</returns>
    public SecretMask And(SecretMask other) => new(LongestFirst(_secrets.Concat(other._secrets)));

    /// <summary>The text with every secret masked; the same text if there is none.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The masked text.</returns>
    public string Mask(string text)
    {
        // Values first: a pattern that matches part of a value would leave the rest.
        text = MaskValues(text);
        text = Key.Replace(text, Blot);
        text = Labelled.Replace(text, $"${{head}}{Blot}");
        return UrlPassword.Replace(text, $"${{head}}{Blot}@");
    }

    /// <summary>Whether there are known values, not only patterns.</summary>
    internal bool HasValues => _secrets.Length > 0;

    /// <summary>The text with known values masked, but nothing that only looks like a secret.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The masked text.</returns>
    public string MaskValues(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, Blot, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>Number of characters at the text's end that may begin a value.</summary>
    internal int OpenTail(ReadOnlySpan<char> text)
    {
        var longest = 0;
        foreach (var secret in _secrets)
        {
            for (var length = Math.Min(secret.Length - 1, text.Length); length > longest; length--)
            {
                if (text.EndsWith(secret.AsSpan(0, length), StringComparison.Ordinal))
                {
                    longest = length;
                }
            }
        }

        return longest;
    }

    // A key is sent without the line end that a file or a shell left behind it.
    private static string[] AsSent(string secret) => [secret, secret.Trim()];

    private static string[] LongestFirst(IEnumerable<string> forms) => [.. forms.Distinct(StringComparer.Ordinal).OrderByDescending(form => form.Length)];

    private static IEnumerable<string> Forms(string secret) =>
    [
        secret, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret), JavaScriptEncoder.Default.Encode(secret), HtmlEncoder.Default.Encode(secret),
        Uri.EscapeDataString(secret), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)),

        // As servers in other languages write it: HTML of Python and others, forms, lower-case digits, base64 for URLs, JSON of Go, PHP and Python.
        WebUtility.HtmlEncode(secret), WebUtility.HtmlEncode(secret).Replace("&#39;", "&#x27;", StringComparison.Ordinal), WebUtility.UrlEncode(secret),
        LowerEscapes(Uri.EscapeDataString(secret)), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('=').Replace('+', '-').Replace('/', '_'),
        .. from slash in Choices from ascii in Choices from html in Choices select Json(secret, slash, ascii, html),
    ];

    private static string Json(string text, bool escapesSlash, bool asciiOnly, bool htmlSafe) => string.Concat(text.Select(c => c switch
    {
        '"' or '\\' => $"\\{c}",
        '/' when escapesSlash => "\\/",
        < ' ' => $"\\u{(int)c:x4}",
        '<' or '>' or '&' when htmlSafe => $"\\u{(int)c:x4}",
        > '~' when asciiOnly => $"\\u{(int)c:x4}",
        _ => c.ToString(),
    }));

    // The digits of %2F in lower case.
    private static string LowerEscapes(string text) => Escapes.Replace(text, escape => escape.Value.ToLowerInvariant());
}
