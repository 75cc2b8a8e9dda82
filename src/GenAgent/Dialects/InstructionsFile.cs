using GenAgent.Storage;

namespace GenAgent.Dialects;

/// <summary>A file that holds an agent's instructions: text, or a Python file with a <c>SYSTEM_PROMPT</c>.</summary>
internal static class InstructionsFile
{
    /// <summary>The name of the Python variable that is read.</summary>
    public const string Variable = "SYSTEM_PROMPT";

    private const int MostBytes = 1 << 20;

    /// <summary>Reads the instructions. Line ends become <c>\n</c>; the last one of a text file is removed.</summary>
    /// <exception cref="InvalidDataException">The file holds no instructions; the message says what is wrong.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static string Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"Agent:InstructionsFile: there is no file {path}.", path);
        }

        if (new FileInfo(path).Length > MostBytes)
        {
            throw new InvalidDataException($"{path} has more than {MostBytes} bytes: it is no file of instructions.");
        }

        var text = TextFile.Read(path).ReplaceLineEndings("\n");
        var instructions = Path.GetExtension(path).Equals(".py", StringComparison.OrdinalIgnoreCase)
            ? PythonVariable.Read(text, Variable, out var problem) ?? throw new InvalidDataException($"{path}: {problem}")
            : text.TrimEnd('\n');
        return string.IsNullOrWhiteSpace(instructions) ? throw new InvalidDataException($"{path} holds no instructions.") : instructions;
    }
}
