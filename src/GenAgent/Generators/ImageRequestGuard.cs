using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace GenAgent.Generators;

/// <summary>Rejects requests that no backend can serve, before anything is sent.</summary>
internal static class ImageRequestGuard
{
    /// <summary>The most images of one request.</summary>
    public const int MaxCount = 64;

    /// <summary>Checks prompt, count and size, and returns the number of images asked for.</summary>
    /// <exception cref="ArgumentException">One of them is out of range; the message names it.</exception>
    public static int Check(ImageGenerationRequest request, ImageGenerationOptions? options, [CallerArgumentExpression(nameof(request))] string? name = null)
    {
        if (string.IsNullOrWhiteSpace(request.Prompt))
        {
            throw new ArgumentException("The prompt is empty: say what the image should show.", name);
        }

        if (options?.Count is < 1 or > MaxCount)
        {
            throw new ArgumentException($"The number of images is {options.Count}: ask for 1 to {MaxCount}.", name);
        }

        return options?.ImageSize is { } size && (size.Width < 1 || size.Height < 1)
            ? throw new ArgumentException($"The image's size is {size.Width} x {size.Height}: both sides must be 1 or more.", name)
            : options?.Count ?? 1;
    }
}
