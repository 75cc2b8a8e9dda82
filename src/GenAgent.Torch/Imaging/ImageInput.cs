namespace GenAgent.Torch.Imaging;

/// <summary>
/// Which of the reference's two conventions an encoded image is read by; they differ for pictures with transparency
/// and for those that say in EXIF how they are to be turned.
/// </summary>
public enum ImageInput
{
    /// <summary>
    /// As the reference treats a path or URL: the EXIF orientation is applied, and an alpha channel is dropped (a colour key, as in a PNG's tRNS, is still
    /// laid on white).
    /// </summary>
    File,

    /// <summary>As the reference treats a picture that is already open: the EXIF orientation is ignored, and transparency is laid on white.</summary>
    Picture,
}
