using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Who asks for a value.</summary>
public class ValueProviderContext
{
    /// <summary>The resource that asks.</summary>
    public IResource? Caller { get; init; }
}

/// <summary>Has a value that may be known only when the application runs.</summary>
public interface IValueProvider
{
    /// <summary>The value, waiting for it where needed.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);

    /// <summary>The value as one resource sees it.</summary>
    ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken = default)
        => GetValueAsync(cancellationToken);
}

/// <summary>Has a symbolic form, such as <c>{pg.bindings.tcp.port}</c>.</summary>
public interface IManifestExpressionProvider
{
    /// <summary>The symbolic form.</summary>
    string ValueExpression { get; }
}

/// <summary>Made of other things.</summary>
public interface IValueWithReferences
{
    /// <summary>What it is made of.</summary>
    IEnumerable<object> References { get; }
}

/// <summary>A value with a symbolic form.</summary>
public interface IExpressionValue : IValueProvider, IManifestExpressionProvider;

/// <summary>Text with holes that are filled when the application runs.</summary>
public class ReferenceExpression : IExpressionValue, IValueWithReferences
{
    /// <summary>The empty text.</summary>
    public static readonly ReferenceExpression Empty = Create($"");

    internal ReferenceExpression(string format, IReadOnlyList<IValueProvider> providers, IReadOnlyList<string> expressions)
        => (Format, ValueProviders, ManifestExpressions) = (format, providers, expressions);

    /// <summary>The text as a composite format string.</summary>
    public string Format { get; }

    /// <summary>What fills the holes.</summary>
    public IReadOnlyList<IValueProvider> ValueProviders { get; }

    /// <summary>The symbolic forms of what fills the holes.</summary>
    public IReadOnlyList<string> ManifestExpressions { get; }

    /// <inheritdoc/>
    public string ValueExpression => string.Format(CultureInfo.InvariantCulture, Format, [.. ManifestExpressions]);

    IEnumerable<object> IValueWithReferences.References => ValueProviders;

    /// <summary>Captures an interpolated string.</summary>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => handler.Build();

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken)
        => GetValueAsync(new ValueProviderContext(), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<string?> GetValueAsync(ValueProviderContext context, CancellationToken cancellationToken)
    {
        var values = new object?[ValueProviders.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = await ValueProviders[i].GetValueAsync(context, cancellationToken);
        }
        return string.Format(CultureInfo.InvariantCulture, Format, values);
    }

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public ref struct ExpressionInterpolatedStringHandler(int literalLength, int formattedCount)
    {
        private readonly ExpressionParts _parts = new(literalLength, formattedCount);

        /// <summary>Adds text.</summary>
        public readonly void AppendLiteral(string value) => _parts.Literal(value);

        /// <summary>Adds text.</summary>
        public readonly void AppendFormatted(string? value) => _parts.Literal(value);

        /// <summary>Adds a hole.</summary>
        public readonly void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
            => _parts.Hole(valueProvider, valueProvider);

        /// <summary>Adds a hole.</summary>
        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider
            => _parts.Hole(valueProvider.Resource, valueProvider.Resource);

        internal readonly ReferenceExpression Build() => _parts.Build();
    }
}

/// <summary>Builds a <see cref="ReferenceExpression"/> piece by piece.</summary>
public class ReferenceExpressionBuilder
{
    private readonly ExpressionParts _parts = new(0, 0);

    /// <summary>Whether nothing has been added.</summary>
    public bool IsEmpty => _parts.IsEmpty;

    /// <summary>Adds an interpolated string.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "The compiler hands the instance to the handler.")]
    public void Append(
        [InterpolatedStringHandlerArgument("")] in ReferenceExpressionBuilderInterpolatedStringHandler handler)
    {
        // The handler has written to this builder already, as the compiler evaluates it first.
        _ = handler;
    }

    /// <summary>Adds text.</summary>
    public void AppendLiteral(string value) => _parts.Literal(value);

    /// <summary>What has been added so far.</summary>
    public ReferenceExpression Build() => _parts.Build();

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public ref struct ReferenceExpressionBuilderInterpolatedStringHandler(
        int literalLength, int formattedCount, ReferenceExpressionBuilder builder)
    {
        private readonly ExpressionParts _parts = builder._parts.Grow(literalLength + formattedCount);

        /// <summary>Adds text.</summary>
        public readonly void AppendLiteral(string value) => _parts.Literal(value);

        /// <summary>Adds text.</summary>
        public readonly void AppendFormatted(string? value) => _parts.Literal(value);

        /// <summary>Adds a hole.</summary>
        public readonly void AppendFormatted<T>(T valueProvider) where T : IValueProvider, IManifestExpressionProvider
            => _parts.Hole(valueProvider, valueProvider);

        /// <summary>Adds a hole.</summary>
        public readonly void AppendFormatted<T>(IResourceBuilder<T> valueProvider)
            where T : IResource, IValueProvider, IManifestExpressionProvider
            => _parts.Hole(valueProvider.Resource, valueProvider.Resource);
    }
}

internal sealed class ExpressionParts(int literalLength, int holes)
{
    private readonly StringBuilder _format = new(literalLength + (holes * 3));
    private readonly List<IValueProvider> _providers = new(holes);
    private readonly List<string> _expressions = new(holes);

    public bool IsEmpty => _format.Length == 0;

    public ExpressionParts Grow(int length)
    {
        _format.EnsureCapacity(_format.Length + length);
        return this;
    }

    public void Literal(string? text)
        => _format.Append(text?.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal));

    public void Hole(IValueProvider provider, IManifestExpressionProvider expression)
    {
        _format.Append(CultureInfo.InvariantCulture, $"{{{_providers.Count}}}");
        _providers.Add(provider);
        _expressions.Add(expression.ValueExpression);
    }

    public ReferenceExpression Build() => new(_format.ToString(), [.. _providers], [.. _expressions]);
}
