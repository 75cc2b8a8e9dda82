namespace GenAgent.Torch.Imaging;

/// <summary>An image of 8 bits a channel, rows from top to bottom, <c>R G B</c> interleaved.</summary>
/// <param name="Width">Pixels from left to right, 1 or more.</param>
/// <param name="Height">Pixels from top to bottom, 1 or more.</param>
/// <param name="Pixels"><c>[height, width, 3]</c> in row-major order.</param>
public sealed record RgbImage(int Width, int Height, byte[] Pixels)
{
    /// <summary>Bytes a pixel.</summary>
    public const int Channels = 3;

    internal RgbImage(int width, int height)
        : this(width, height, new byte[checked(width * height * Channels)])
    {
    }
}
