using System.Text;
using GenAgent.Trajectories;

namespace GenAgent.Hosting.Runs;

/// <summary>Names for folders and images that tell what is in them.</summary>
public static class FileNames
{
    private const int LongestSlug = 24;

    // "con", "nul", "com1" and their like are devices on Windows, with any extension; none is longer.
    private const int LongestDeviceName = 4;

    /// <summary>The prompt as part of a file name: lower case, its words joined by dashes.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <returns>A name that every file system takes.</returns>
    public static string Slug(string prompt)
    {
        var slug = new StringBuilder(LongestSlug);
        foreach (var rune in prompt.EnumerateRunes())
        {
            if (slug.Length >= LongestSlug)
            {
                break;
            }

            if (Rune.IsLetterOrDigit(rune))
            {
                slug.Append(Rune.ToLowerInvariant(rune));
            }
            else if (slug.Length > 0 && slug[^1] != '-')
            {
                slug.Append('-');
            }
        }

        var text = Trim(slug.ToString());
        return text.Length <= LongestDeviceName ? $"image-{text}".TrimEnd('-') : text;
    }

    // A word that was cut is left out, unless it is all there is.
    private static string Trim(string slug)
    {
        var lastWord = slug.LastIndexOf('-');
        return slug.Length >= LongestSlug && lastWord > LongestSlug / 2 ? slug[..lastWord] : slug.TrimEnd('-');
    }

    /// <summary>The name of a new run folder.</summary>
    /// <param name="now">When the run begins.</param>
    /// <param name="prompt">What is asked for.</param>
    /// <returns>A path below <c>runs</c>, relative.</returns>
    public static string RunFolder(DateTimeOffset now, string prompt) =>
        Path.Combine("runs", $"{now:yyyyMMdd-HHmmss}-{Slug(prompt)}");

    /// <summary>The name of the image that a prompt of many ends with.</summary>
    /// <param name="index">The prompt's place in the file, from 0.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="image">The image.</param>
    /// <returns>A file name with its extension.</returns>
    public static string Numbered(int index, string prompt, ImageReference image) => $"{index + 1:0000}-{Slug(prompt)}{Path.GetExtension(image.Path())}";

    /// <summary>The name of the image that a single prompt ends with.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="image">The image.</param>
    /// <returns>A file name with its extension.</returns>
    public static string ForPrompt(string prompt, ImageReference image) => $"{Slug(prompt)}{Path.GetExtension(image.Path())}";
}
