namespace GenAgent.Torch.Imaging;

/// <summary>
/// Which of the reference's two conventions is used to read an encoded image; they differ for transparency and for EXIF orientation.
/// </summary>
public enum ImageInput
{
    /// <summary>
    /// As the reference treats a path or URL: the EXIF orientation is applied, and an alpha channel is dropped (a colour key, as in a PNG's tRNS, is still
    /// composited on white).
    /// </summary>
    File,

    /// <summary>As the reference treats a picture that is already open: the EXIF orientation is ignored, and transparency is composited on white.</summary>
    Picture,
}
