namespace GenAgent.Torch.Native;

/// <summary>libtorch or TorchSharp's native library cannot be found, patched or loaded on this machine; the message says what to do.</summary>
public sealed class TorchNativeException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public TorchNativeException()
        : this("libtorch cannot be loaded on this machine.")
    {
    }

    /// <summary>Creates the exception with a message that names the file and the remedy.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public TorchNativeException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message that names the file and the remedy, and what caused it.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public TorchNativeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
