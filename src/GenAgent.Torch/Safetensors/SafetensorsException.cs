namespace GenAgent.Torch.Safetensors;

/// <summary>A safetensors file or its index breaks the format, or lacks a requested tensor.</summary>
public sealed class SafetensorsException : Exception
{
    /// <summary>Creates the exception with a general message.</summary>
    public SafetensorsException()
        : this("The safetensors file cannot be read.")
    {
    }

    /// <summary>Creates the exception with a message that names the file.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public SafetensorsException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message that names the file, and what caused it.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public SafetensorsException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
