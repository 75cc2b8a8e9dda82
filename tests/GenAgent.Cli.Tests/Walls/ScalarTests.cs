using GenAgent.Cli.Tests.EndToEnd;
using Mono.Cecil;

namespace GenAgent.Cli.Tests.Walls;

/// <summary>
/// TorchSharp boxes numbers that meet tensors in objects which a garbage collection may free while native code reads them: training runs
/// died of it. Only <c>Arithmetic</c> makes such boxes, and holds them; this test reads the compiled code for any other.
/// </summary>
public sealed class ScalarTests
{
    private const string Keeper = "GenAgent.Torch.Arithmetic";

    private static readonly ReaderParameters Reading = new() { AssemblyResolver = Resolver() };
    private static readonly ModuleDefinition TorchSharp = ModuleDefinition.ReadModule(PathOf("TorchSharp"), Reading);
    private static readonly Lazy<HashSet<string>> Boxing = new(FindBoxing);

    [Theory]
    [InlineData("src/GenAgent.Torch")]
    [InlineData("src/GenAgent.Training")]
    [InlineData("tests/GenAgent.Torch.Tests")]
    [InlineData("tests/GenAgent.Training.Tests")]
    public void No_number_is_boxed_where_nothing_holds_it(string project)
    {
        using var module = ModuleDefinition.ReadModule(BuiltProgram.AssemblyOf(project), Reading);
        module.Assembly.Name.Name.ShouldBe(Path.GetFileName(project));

        Boxed(module).Where(use => use.In.DeclaringType.FullName != Keeper && !use.In.IsConstructor)
            .Select(use => $"{use.In.FullName} calls {use.What}; use {Keeper}")
            .ShouldBeEmpty();
    }

    [Fact]
    public void The_test_itself_sees_boxes_and_the_sums_that_hide_one()
    {
        using var module = ModuleDefinition.ReadModule(PathOf("GenAgent.Torch"), Reading);

        Boxed(module).Count(use => use.In.DeclaringType.FullName == Keeper).ShouldBeGreaterThan(10);
        Boxing.Value.ShouldContain(name => name.Contains("op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)", StringComparison.Ordinal));
        Boxing.Value.ShouldContain(name => name.EndsWith("Tensor::square()", StringComparison.Ordinal));
    }

    private static IEnumerable<(MethodDefinition In, string What)> Boxed(ModuleDefinition module) =>
        from method in Methods(module)
        from call in Calls(method)
        where Boxes(call) || Boxing.Value.Contains(NameOf(call))
        select (method, call.Name);

    /// <summary>TorchSharp's own methods that box a number on the way, whoever calls them.</summary>
    private static HashSet<string> FindBoxing()
    {
        var calls = Methods(TorchSharp).ToDictionary(method => method.FullName, method => Calls(method).ToArray(), StringComparer.Ordinal);
        var found = calls.Where(pair => pair.Value.Any(Boxes)).Select(pair => pair.Key).ToHashSet(StringComparer.Ordinal);
        var named = calls.ToDictionary(pair => pair.Key, pair => pair.Value.Select(NameOf).ToArray(), StringComparer.Ordinal);
        int before;
        do
        {
            before = found.Count;
            found.UnionWith(named.Where(pair => pair.Value.Any(found.Contains)).Select(pair => pair.Key).ToArray());
        }
        while (found.Count > before);
        return found;
    }

    private static bool Boxes(MethodReference method) => method.ReturnType.FullName == "TorchSharp.Scalar"
        && method.DeclaringType.FullName is "TorchSharp.Scalar" or "TorchSharp.ScalarExtensionMethods";

    private static string NameOf(MethodReference method) =>
        method.DeclaringType.Scope.Name.StartsWith("TorchSharp", StringComparison.Ordinal) ? method.Resolve()?.FullName ?? method.FullName : method.FullName;

    private static IEnumerable<MethodReference> Calls(MethodDefinition method) =>
        method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>();

    private static IEnumerable<MethodDefinition> Methods(ModuleDefinition module) =>
        module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody);

    private static string PathOf(string assembly) => Path.Combine(AppContext.BaseDirectory, $"{assembly}.dll");

    private static DefaultAssemblyResolver Resolver()
    {
        var resolver = new DefaultAssemblyResolver();
        resolver.AddSearchDirectory(AppContext.BaseDirectory);
        resolver.AddSearchDirectory(Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        return resolver;
    }
}
